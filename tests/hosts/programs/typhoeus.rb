# SPDX-License-Identifier: Apache-2.0
require 'typhoeus'

base = ARGV[0]
puts Typhoeus.get("#{base}/held/1").body
puts Typhoeus.post("#{base}/posted", body: { a: 'b' }, headers: { 'X-Mine' => '1' }).code
hydra = Typhoeus::Hydra.new(max_concurrency: 1)
3.times { |i| hydra.queue(Typhoeus::Request.new("#{base}/#{i}")) }
hydra.run
puts Typhoeus.get("#{base}/held/2").code
