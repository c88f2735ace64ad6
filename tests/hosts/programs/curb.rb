# SPDX-License-Identifier: Apache-2.0
require 'curb'

base = ARGV[0]
easy = Curl::Easy.new("#{base}/held/1")
easy.headers['X-Mine'] = '1'
easy.perform
puts easy.response_code, easy.body_str
puts Curl.post("#{base}/posted", a: 'b').response_code
multi = Curl::Multi.new
multi.add(Curl::Easy.new("#{base}/status/404") { |c| c.on_complete { |done| puts done.response_code } })
multi.perform
puts Curl.get("#{base}/held/2").body_str
