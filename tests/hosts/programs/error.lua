-- SPDX-License-Identifier: Apache-2.0
-- An error in a callback: Lua jumps out of it, over libcurl.
local curl = require("curl")

local function get(url, callback)
	local c = curl.easy_init()
	c:setopt(curl.OPT_URL, url)
	c:setopt(curl.OPT_WRITEFUNCTION, callback)
	return c, pcall(c.perform, c)
end

local function write(text)
	io.write(text)
	return #text
end

print(select(2, get(arg[1] .. "/held/1", write)))
local left = {}
for i = 1, 3 do
	local c, fine = get(arg[1] .. "/left", function() error("no more") end)
	left[i] = c -- libcurl takes a handle that it is at work with for a fault of its user's
	print(fine)
	print(select(2, get(arg[1] .. "/page", write)))
end
print(select(2, get(arg[1] .. "/held/2", write)))
os.exit(0)
