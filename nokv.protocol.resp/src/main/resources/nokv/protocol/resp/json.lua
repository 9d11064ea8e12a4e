-- cjson as Redis offers it: encode and decode with the settings of lua-cjson.
local error, next, tonumber, tostring, type = error, next, tonumber, tostring, type
local byte, char, find, format, gsub, sub = string.byte, string.char, string.find, string.format, string.gsub, string.sub
local concat, floor, huge, select, lower = table.concat, math.floor, math.huge, select, string.lower
local host = ...
local NULL = host.null
setfenv(1, {})

local function new()
  local json = {null = NULL, _NAME = "cjson", _VERSION = "2.1.0"}
  local convertSparse, sparseRatio, sparseSafe = false, 2, 10
  local encodeDepth, decodeDepth = 1000, 1000
  local precision, encodeInvalid, decodeInvalid, keepBuffer = 14, false, true, true

  local ESCAPES = {['"'] = '\\"', ["\\"] = "\\\\", ["/"] = "\\/", ["\b"] = "\\b", ["\f"] = "\\f", ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ["\127"] = "\\u007f"}
  for i = 0, 31 do if not ESCAPES[char(i)] then ESCAPES[char(i)] = format("\\u%04x", i) end end

  local function quoted(s) return '"' .. gsub(s, '[%z\1-\31"\\/\127]', ESCAPES) .. '"' end

  local function refuse(value, why) error("Cannot serialise " .. type(value) .. ": " .. why, 0) end

  local function number(n)
    if n ~= n or n == huge or n == -huge then
      if encodeInvalid == "null" then return "null" end
      if not encodeInvalid then refuse(n, "must not be NaN or Inf") end
      return n ~= n and "nan" or n > 0 and "inf" or "-inf"
    end
    return format("%." .. precision .. "g", n)
  end

  -- The length of what is an array, nil for other tables.
  local function length(t)
    local max, items = 0, 0
    for key in next, t do
      if type(key) ~= "number" or key < 1 or floor(key) ~= key then return nil end
      if key > max then max = key end
      items = items + 1
    end
    if items == 0 then return nil end
    if sparseRatio > 0 and max > items * sparseRatio and max > sparseSafe then
      if not convertSparse then refuse(t, "excessively sparse array") end
      return nil
    end
    return max
  end

  local write

  local function writeTable(t, out, depth)
    if depth > encodeDepth then error("Cannot serialise, excessive depth (" .. depth .. ")", 0) end
    local n = length(t)
    if n then
      out[#out + 1] = "["
      for i = 1, n do
        if i > 1 then out[#out + 1] = "," end
        write(t[i], out, depth)
      end
      out[#out + 1] = "]"
      return
    end
    out[#out + 1] = "{"
    local first = true
    for key, value in next, t do
      if not first then out[#out + 1] = "," end
      first = false
      if type(key) == "number" then out[#out + 1] = '"' .. number(key) .. '":'
      elseif type(key) == "string" then out[#out + 1] = quoted(key) .. ":"
      else refuse(key, "table key must be a number or string") end
      write(value, out, depth)
    end
    out[#out + 1] = "}"
  end

  function write(value, out, depth)
    local kind = type(value)
    if kind == "string" then out[#out + 1] = quoted(value)
    elseif kind == "number" then out[#out + 1] = number(value)
    elseif kind == "boolean" then out[#out + 1] = tostring(value)
    elseif kind == "table" then writeTable(value, out, depth + 1)
    elseif kind == "nil" or value == NULL then out[#out + 1] = "null"
    else refuse(value, "type not supported") end
  end

  function json.encode(...)
    if select("#", ...) ~= 1 then error("bad argument #1 to 'encode' (expected 1 argument)", 2) end
    local out = {}
    write((...), out, 0)
    return concat(out)
  end

  local function utf8(code)
    if code < 0x80 then return char(code) end
    if code < 0x800 then return char(0xc0 + floor(code / 0x40), 0x80 + code % 0x40) end
    if code < 0x10000 then return char(0xe0 + floor(code / 0x1000), 0x80 + floor(code / 0x40) % 0x40, 0x80 + code % 0x40) end
    return char(0xf0 + floor(code / 0x40000), 0x80 + floor(code / 0x1000) % 0x40, 0x80 + floor(code / 0x40) % 0x40, 0x80 + code % 0x40)
  end

  local PLAIN = {b = "\b", f = "\f", n = "\n", r = "\r", t = "\t", ['"'] = '"', ["\\"] = "\\", ["/"] = "/"}
  local read

  local function token(s, at)
    local c = sub(s, at, at)
    if c == "" then return "T_END" end
    if c == "{" then return "T_OBJ_BEGIN" elseif c == "}" then return "T_OBJ_END" elseif c == "[" then return "T_ARR_BEGIN" elseif c == "]" then return "T_ARR_END"
    elseif c == "," then return "T_COMMA" elseif c == ":" then return "T_COLON" elseif c == '"' then return "T_STRING" elseif find(c, "[%d-]") then return "T_NUMBER" end
    return "invalid token"
  end

  local function fail(s, at, expected)
    error("Expected " .. expected .. " but found " .. token(s, at) .. " at character " .. at, 0)
  end

  local function space(s, at) return find(s, "[^ \t\r\n]", at) or #s + 1 end

  local function readString(s, at)
    local out, from = {}, at + 1
    while true do
      local stop = find(s, '[%z\1-\31"\\]', from)
      if not stop then error("Expected value but found unexpected end of string at character " .. #s + 1, 0) end
      out[#out + 1] = sub(s, from, stop - 1)
      local c = sub(s, stop, stop)
      if c == '"' then return concat(out), stop + 1 end
      if c ~= "\\" then error("Expected value but found invalid token at character " .. stop, 0) end
      c = sub(s, stop + 1, stop + 1)
      if c == "u" then
        local hex = find(s, "^%x%x%x%x", stop + 2) and sub(s, stop + 2, stop + 5)
        if not hex then error("Expected value but found invalid unicode escape code at character " .. stop, 0) end
        local code = tonumber(hex, 16)
        from = stop + 6
        if code >= 0xd800 and code < 0xdc00 and find(s, "^\\u[dD][c-fC-F]%x%x", from) then
          code = 0x10000 + (code - 0xd800) * 0x400 + tonumber(sub(s, from + 2, from + 5), 16) - 0xdc00
          from = from + 6
        elseif code >= 0xd800 and code < 0xe000 then
          error("Expected value but found invalid unicode escape code at character " .. stop, 0)
        end
        out[#out + 1] = utf8(code)
      elseif PLAIN[c] then
        out[#out + 1] = PLAIN[c]
        from = stop + 2
      else
        error("Expected value but found invalid escape code at character " .. stop, 0)
      end
    end
  end

  local function readArray(s, at, depth)
    local t = {}
    at = space(s, at + 1)
    if sub(s, at, at) == "]" then return t, at + 1 end
    for i = 1, huge do
      t[i], at = read(s, at, depth)
      at = space(s, at)
      local c = sub(s, at, at)
      if c == "]" then return t, at + 1 end
      if c ~= "," then fail(s, at, "comma or array end") end
      at = space(s, at + 1)
    end
  end

  local function readObject(s, at, depth)
    local t = {}
    at = space(s, at + 1)
    if sub(s, at, at) == "}" then return t, at + 1 end
    while true do
      if sub(s, at, at) ~= '"' then fail(s, at, "object key string") end
      local key
      key, at = readString(s, at)
      at = space(s, at)
      if sub(s, at, at) ~= ":" then fail(s, at, "colon") end
      t[key], at = read(s, space(s, at + 1), depth)
      at = space(s, at)
      local c = sub(s, at, at)
      if c == "}" then return t, at + 1 end
      if c ~= "," then fail(s, at, "comma or object end") end
      at = space(s, at + 1)
    end
  end

  local WORDS = {["true"] = true, ["false"] = false, ["null"] = NULL}

  function read(s, at, depth)
    local c = sub(s, at, at)
    if c == '"' then return readString(s, at) end
    if c == "{" or c == "[" then
      if depth + 1 > decodeDepth then error("Found too many nested data structures (" .. depth + 1 .. ") at character " .. at, 0) end
      if c == "{" then return readObject(s, at, depth + 1) end
      return readArray(s, at, depth + 1)
    end
    local _, stop = find(s, "^-?%d+%.?%d*[eE]?[+-]?%d*", at)
    if stop and not (decodeInvalid and find(s, "^-?0[xX]", at)) then
      local n = tonumber(sub(s, at, stop))
      if n and (decodeInvalid or not find(s, "^-?0%d", at)) then return n, stop + 1 end
      error("Expected value but found invalid number at character " .. at, 0)
    end
    _, stop = find(s, "^%a+", at)
    local word = stop and sub(s, at, stop)
    if word and WORDS[word] ~= nil then return WORDS[word], stop + 1 end
    if decodeInvalid then
      _, stop = find(s, "^[+-]?[%w.]+", at)
      word = stop and gsub(sub(s, at, stop), "%a", lower)
      if word == "nan" or word == "-nan" then return 0 / 0, stop + 1 end
      if word == "inf" or word == "infinity" then return huge, stop + 1 end
      if word == "-inf" or word == "-infinity" then return -huge, stop + 1 end
      if word and find(word, "^-?0x%x+$") then return tonumber(word), stop + 1 end
    end
    fail(s, at, "value")
  end

  function json.decode(...)
    local s = ...
    if select("#", ...) ~= 1 then error("bad argument #1 to 'decode' (expected 1 argument)", 2) end
    if type(s) == "number" then s = tostring(s) end
    if type(s) ~= "string" then error("bad argument #1 to 'decode' (string expected, got " .. type(s) .. ")", 2) end
    if #s >= 2 and (byte(s, 1) == 0 or byte(s, 2) == 0) then error("JSON parser does not support UTF-16 or UTF-32", 0) end
    local value, at = read(s, space(s, 1), 0)
    at = space(s, at)
    if at <= #s then fail(s, at, "the end") end
    return value
  end

  local function whole(value, low, high, what)
    if type(value) ~= "number" or value < low or value > high then error("bad argument #1 to '" .. what .. "' (expected integer between " .. low .. " and " .. high .. ")", 3) end
    return floor(value)
  end

  function json.encode_max_depth(n)
    if n ~= nil then encodeDepth = whole(n, 1, 2147483647, "encode_max_depth") end
    return encodeDepth
  end

  function json.decode_max_depth(n)
    if n ~= nil then decodeDepth = whole(n, 1, 2147483647, "decode_max_depth") end
    return decodeDepth
  end

  function json.encode_number_precision(n)
    if n ~= nil then precision = whole(n, 1, 14, "encode_number_precision") end
    return precision
  end

  local function switch(value, what)
    if value == true or value == "on" then return true end
    if value == false or value == "off" then return false end
    error("bad argument #1 to '" .. what .. "' (invalid option)", 3)
  end

  function json.encode_keep_buffer(value)
    if value ~= nil then keepBuffer = switch(value, "encode_keep_buffer") end
    return keepBuffer
  end

  function json.encode_invalid_numbers(value)
    if value == "null" then encodeInvalid = "null" elseif value ~= nil then encodeInvalid = switch(value, "encode_invalid_numbers") end
    return encodeInvalid
  end

  function json.decode_invalid_numbers(value)
    if value ~= nil then decodeInvalid = switch(value, "decode_invalid_numbers") end
    return decodeInvalid
  end

  function json.encode_sparse_array(convert, ratio, safe)
    if convert ~= nil then convertSparse = switch(convert, "encode_sparse_array") end
    if ratio ~= nil then sparseRatio = whole(ratio, 0, 2147483647, "encode_sparse_array") end
    if safe ~= nil then sparseSafe = whole(safe, 0, 2147483647, "encode_sparse_array") end
    return convertSparse, sparseRatio, sparseSafe
  end

  json.new = new
  return json
end

return new()
