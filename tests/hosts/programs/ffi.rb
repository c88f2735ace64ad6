# SPDX-License-Identifier: Apache-2.0
# Finds its functions with dlsym, in libcurl's own handle.
require 'ffi'

module LibCurl
  extend FFI::Library
  ffi_lib 'libcurl.so.4'
  attach_function :curl_easy_init, [], :pointer
  attach_function :curl_easy_setopt, %i[pointer int varargs], :int
  attach_function :curl_easy_perform, [:pointer], :int
  attach_function :curl_easy_cleanup, [:pointer], :void
end

URL = 10_002
WRITEFUNCTION = 20_011

write = FFI::Function.new(:size_t, %i[pointer size_t size_t pointer]) do |data, size, n, _|
  print data.read_bytes(size * n)
  size * n
end
curl = LibCurl.curl_easy_init
LibCurl.curl_easy_setopt(curl, WRITEFUNCTION, :pointer, write)
%w[held/1 status/404 held/2].each do |path|
  url = FFI::MemoryPointer.from_string("#{ARGV[0]}/#{path}")
  LibCurl.curl_easy_setopt(curl, URL, :pointer, url)
  puts LibCurl.curl_easy_perform(curl)
end
LibCurl.curl_easy_cleanup(curl)
