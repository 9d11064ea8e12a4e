-- cmsgpack as Redis offers it: values packed in MessagePack.
local error, next, select, type, unpack = error, next, select, type, unpack
local byte, char, sub = string.byte, string.char, string.sub
local concat, floor = table.concat, math.floor
local host = ...
setfenv(1, {})

local MAX_DEPTH = 16

local function big(n, size)
  local bytes = {}
  for i = size, 1, -1 do
    bytes[i] = char(n % 256)
    n = floor(n / 256)
  end
  return concat(bytes)
end

local function integer(n)
  if n >= 0 then
    if n < 128 then return char(n) elseif n < 256 then return "\204" .. big(n, 1) elseif n < 65536 then return "\205" .. big(n, 2)
    elseif n < 4294967296 then return "\206" .. big(n, 4) end
    return "\207" .. big(n, 8)
  end
  if n >= -32 then return char(256 + n) elseif n >= -128 then return "\208" .. big(n, 1) elseif n >= -32768 then return "\209" .. big(n, 2)
  elseif n >= -2147483648 then return "\210" .. big(n, 4) end
  return "\211" .. big(n, 8)
end

local function number(n)
  if n == floor(n) and n >= -2 ^ 63 and n < 2 ^ 63 then return integer(n) end
  local single = host.packReal(n, 4)
  if host.unpackReal(single) == n then return "\202" .. single end
  return "\203" .. host.packReal(n, 8)
end

local function headed(size, few, base, one, two, four)
  if size < few then return char(base + size) end
  if one and size < 256 then return one .. big(size, 1) end
  if size < 65536 then return two .. big(size, 2) end
  return four .. big(size, 4)
end

-- The length of a table whose keys are 1 to n and nothing else, nil otherwise.
local function length(t)
  local max, count = 0, 0
  for key in next, t do
    if type(key) ~= "number" or key <= 0 or floor(key) ~= key then return nil end
    if key > max then max = key end
    count = count + 1
  end
  return max == count and max or nil
end

local write

local function writeTable(t, out, depth)
  local n = length(t)
  if n then
    out[#out + 1] = headed(n, 16, 0x90, nil, "\220", "\221")
    for i = 1, n do write(t[i], out, depth + 1) end
    return
  end
  local count = 0
  for _ in next, t do count = count + 1 end
  out[#out + 1] = headed(count, 16, 0x80, nil, "\222", "\223")
  for key, value in next, t do
    write(key, out, depth + 1)
    write(value, out, depth + 1)
  end
end

function write(value, out, depth)
  local kind = type(value)
  if kind == "string" then
    out[#out + 1] = headed(#value, 32, 0xa0, "\217", "\218", "\219")
    out[#out + 1] = value
  elseif kind == "number" then out[#out + 1] = number(value)
  elseif kind == "boolean" then out[#out + 1] = value and "\195" or "\194"
  elseif kind == "table" and depth < MAX_DEPTH then writeTable(value, out, depth)
  else out[#out + 1] = "\192" end
end

local msgpack = {_NAME = "cmsgpack", _VERSION = "lua-cmsgpack 0.4.0", _COPYRIGHT = "", _DESCRIPTION = "MessagePack C implementation for Lua"}

function msgpack.pack(...)
  local count, out = select("#", ...), {}
  if count == 0 then error("bad argument #0 to 'pack' (MessagePack pack needs input.)", 2) end
  for i = 1, count do write((select(i, ...)), out, 0) end
  return concat(out)
end

local function short() error("Missing bytes in input.", 0) end

local function bytes(s, at, n)
  if at + n - 1 > #s then short() end
  return sub(s, at, at + n - 1), at + n
end

local function whole(s, at, size, signed)
  if at + size - 1 > #s then short() end
  local n, negative = 0, signed and byte(s, at) >= 128
  for i = at, at + size - 1 do n = n * 256 + (negative and 255 - byte(s, i) or byte(s, i)) end
  return negative and -n - 1 or n, at + size
end

-- How many bytes of length follow a head.
local sizes = {[0xc4] = 1, [0xc5] = 2, [0xc6] = 4, [0xd9] = 1, [0xda] = 2, [0xdb] = 4, [0xdc] = 2, [0xdd] = 4, [0xde] = 2, [0xdf] = 4}

local read

local function array(s, at, n)
  local t = {}
  for i = 1, n do t[i], at = read(s, at) end
  return t, at
end

local function map(s, at, n)
  local t = {}
  for _ = 1, n do
    local key, value
    key, at = read(s, at)
    value, at = read(s, at)
    if key == nil then error("Bad data format in input.", 0) end
    t[key] = value
  end
  return t, at
end

function read(s, at)
  local head = byte(s, at)
  if not head then short() end
  at = at + 1
  if head < 0x80 then return head, at elseif head >= 0xe0 then return head - 256, at
  elseif head < 0x90 then return map(s, at, head - 0x80) elseif head < 0xa0 then return array(s, at, head - 0x90)
  elseif head < 0xc0 then return bytes(s, at, head - 0xa0)
  elseif head == 0xc0 then return nil, at elseif head == 0xc2 then return false, at elseif head == 0xc3 then return true, at
  elseif head == 0xca or head == 0xcb then
    local raw
    raw, at = bytes(s, at, head == 0xca and 4 or 8)
    return host.unpackReal(raw), at
  elseif head >= 0xcc and head <= 0xcf then return whole(s, at, 2 ^ (head - 0xcc), false)
  elseif head >= 0xd0 and head <= 0xd3 then return whole(s, at, 2 ^ (head - 0xd0), true) end
  if not sizes[head] then error("Bad data format in input.", 0) end
  local n
  n, at = whole(s, at, sizes[head], false)
  if head >= 0xde then return map(s, at, n) elseif head >= 0xdc then return array(s, at, n) end
  return bytes(s, at, n)
end

local function unpackSome(s, limit, offset, name)
  if type(s) ~= "string" then error("bad argument #1 to '" .. name .. "' (string expected, got " .. (s == nil and "no value" or type(s)) .. ")", 3) end
  if offset < 0 or limit < 0 then error("Invalid request to unpack with offset of " .. offset .. " and limit of " .. #s .. ".", 0) end
  if offset > #s then error("Start offset " .. offset .. " greater than input length " .. #s .. ".", 0) end
  local found, count, at = {}, 0, offset + 1
  while at <= #s and (limit == 0 or count < limit) do
    count = count + 1
    found[count], at = read(s, at)
  end
  return found, count, at > #s and -1 or at - 1
end

function msgpack.unpack(s)
  local found, count = unpackSome(s, 0, 0, "unpack")
  return unpack(found, 1, count)
end

function msgpack.unpack_one(s, offset)
  local found, count, rest = unpackSome(s, 1, offset or 0, "unpack_one")
  return rest, unpack(found, 1, count)
end

function msgpack.unpack_limit(s, limit, offset)
  local found, count, rest = unpackSome(s, limit, offset or 0, "unpack_limit")
  return rest, unpack(found, 1, count)
end

return msgpack
