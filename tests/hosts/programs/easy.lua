-- SPDX-License-Identifier: Apache-2.0
local curl = require("curl")

local base = arg[1]
local c = curl.easy_init()
c:setopt(curl.OPT_WRITEFUNCTION, function(text)
	io.write(text)
	return #text
end)
for _, path in ipairs { "held/1", "status/404", "held/2" } do
	c:setopt(curl.OPT_URL, base .. "/" .. path)
	print(c:perform())
end
