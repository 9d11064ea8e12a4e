-- struct as Redis offers it: strings packed and unpacked by a format.
local error, select, tonumber, tostring, type, unpack = error, select, tonumber, tostring, type, unpack
local byte, char, find, rep, reverse, sub = string.byte, string.char, string.find, string.rep, string.reverse, string.sub
local concat, floor, log = table.concat, math.floor, math.log
local host = ...
setfenv(1, {})

local SIZES = {b = 1, B = 1, h = 2, H = 2, i = 4, I = 4, l = 8, L = 8, T = 8, f = 4, d = 8, x = 1}
local LARGEST = 32

-- Walks a format: gives each item's letter, its size, and the bytes of padding before it.
local function items(format, visit)
  local little, align, at, offset = true, 1, 1, 0
  local function digits(otherwise)
    local _, stop = find(format, "^%d+", at)
    if not stop then return otherwise end
    local n = tonumber(sub(format, at, stop))
    if n > 2147483647 then error("integral size overflow", 0) end
    at = stop + 1
    return n
  end
  while at <= #format do
    local letter = sub(format, at, at)
    at = at + 1
    if letter == ">" then little = false
    elseif letter == "<" then little = true
    elseif letter == "!" then
      align = digits(8)
      if align == 0 or align > LARGEST or 2 ^ floor(log(align) / log(2) + 0.5) ~= align then error("alignment is not a power of 2", 0) end
    elseif letter ~= " " then
      local size = SIZES[letter]
      if letter == "i" or letter == "I" then
        size = digits(4)
        if size > LARGEST or size < 1 then error("integral size " .. size .. " is larger than limit of " .. LARGEST, 0) end
      elseif letter == "c" then size = digits(1)
      elseif letter == "s" then size = 0
      elseif not size then error("invalid format option '" .. letter .. "'", 0) end
      local pad = 0
      if letter ~= "c" and letter ~= "s" and letter ~= "x" and letter ~= "b" and letter ~= "B" then
        local unit = size < align and size or align
        if unit > 1 then pad = (unit - offset % unit) % unit end
      end
      offset = offset + pad + visit(letter, size, pad, little)
    end
  end
end

local function integer(value, size, little)
  local n = value < 0 and -floor(-value) or floor(value)
  local bytes, filler = {}, n < 0 and 255 or 0
  if n >= 2 ^ 63 or n < -2 ^ 63 then n = n % 2 ^ 64 end
  for i = 1, size do
    if i > 8 then bytes[i] = char(filler)
    else
      bytes[i] = char(n % 256)
      n = floor(n / 256)
    end
  end
  local packed = concat(bytes)
  return little and packed or reverse(packed)
end

local function number(bytes, little, signed)
  if not little then bytes = reverse(bytes) end
  local n, top = 0, #bytes < 8 and #bytes or 8
  local negative = signed and byte(bytes, top) >= 128
  for i = top, 1, -1 do n = n * 256 + (negative and 255 - byte(bytes, i) or byte(bytes, i)) end
  return negative and -n - 1 or n
end

local struct = {}

function struct.pack(format, ...)
  if type(format) ~= "string" then error("bad argument #1 to 'pack' (string expected, got " .. (format == nil and "no value" or type(format)) .. ")", 2) end
  local out, values, used = {}, {...}, 0
  local function take(kind)
    used = used + 1
    local value = values[used]
    if kind == "number" then
      local n = tonumber(value)
      if not n then error("bad argument #" .. used + 1 .. " to 'pack' (number expected, got " .. (used > select("#", unpack(values)) and "no value" or type(value)) .. ")", 0) end
      return n
    end
    if type(value) ~= "string" and type(value) ~= "number" then error("bad argument #" .. used + 1 .. " to 'pack' (string expected, got " .. (value == nil and "no value" or type(value)) .. ")", 0) end
    return tostring(value)
  end
  items(format, function(letter, size, pad, little)
    out[#out + 1] = rep("\0", pad)
    local piece
    if letter == "x" then piece = "\0"
    elseif letter == "s" then piece = take("string") .. "\0"
    elseif letter == "c" then
      piece = take("string")
      if size == 0 then size = #piece end
      if #piece < size then error("bad argument #" .. used + 1 .. " to 'pack' (string too short)", 0) end
      piece = sub(piece, 1, size)
    elseif letter == "f" or letter == "d" then
      piece = host.packReal(take("number"), size)
      if little then piece = reverse(piece) end
    else piece = integer(take("number"), size, little) end
    out[#out + 1] = piece
    return #piece
  end)
  return concat(out)
end

function struct.unpack(format, data, from)
  if type(format) ~= "string" then error("bad argument #1 to 'unpack' (string expected, got " .. (format == nil and "no value" or type(format)) .. ")", 2) end
  if type(data) ~= "string" then error("bad argument #2 to 'unpack' (string expected, got " .. (data == nil and "no value" or type(data)) .. ")", 2) end
  local at, found, count = from == nil and 1 or tonumber(from), {}, 0
  if not at or at < 1 then error("bad argument #3 to 'unpack' (offset must be 1 or greater)", 2) end
  local function give(value)
    count = count + 1
    found[count] = value
  end
  items(format, function(letter, size, pad, little)
    at = at + pad
    if letter == "c" and size == 0 then
      size = found[count]
      if count == 0 or type(size) ~= "number" then error("format 'c0' needs a previous size", 0) end
      count = count - 1
    end
    if at + size - 1 > #data then error("data string too short", 0) end
    local piece = sub(data, at, at + size - 1)
    if letter == "s" then
      local stop = find(data, "\0", at, true) or find(data, "%z", at)
      if not stop then error("unfinished string in data", 0) end
      give(sub(data, at, stop - 1))
      size = stop - at + 1
    elseif letter == "c" then give(piece)
    elseif letter == "f" or letter == "d" then give(host.unpackReal(little and reverse(piece) or piece))
    elseif letter ~= "x" then give(number(piece, little, letter == "b" or letter == "h" or letter == "i" or letter == "l")) end
    at = at + size
    return size
  end)
  found[count + 1] = at
  return unpack(found, 1, count + 1)
end

function struct.size(format)
  local total = 0
  items(format, function(letter, size, pad)
    if letter == "s" then error("variable-size format in sizeof", 0) end
    if letter == "c" and size == 0 then error("variable-length format in sizeof", 0) end
    total = total + pad + size
    return size
  end)
  return total
end

return struct
