-- What scripts see, and how they are run. Given the functions of the server (see LuaMachine), returns what the server calls.
--
-- Scripts run in an environment of their own that can be read and not written: it, and every library in it, is an empty table whose metatable looks up in the
-- real one and refuses assignments. The real ones are reachable only from here. `guarded` knows the empty tables, for the functions that go past metatables.
local host, json, msgpack, struct = ...

local assert, error, getmetatable, ipairs, loadstring, next, pairs, pcall, rawset, select, setfenv, getfenv, setmetatable, tostring, type, unpack, xpcall =
  assert, error, getmetatable, ipairs, loadstring, next, pairs, pcall, rawset, select, setfenv, getfenv, setmetatable, tostring, type, unpack, xpcall
local find, gsub, lower, sub = string.find, string.gsub, string.lower, string.sub
local concat, insert, remove, sort = table.concat, table.insert, table.remove, table.sort
local getinfo, sethook = debug.getinfo, debug.sethook
local create, resume, running, status, yield = coroutine.create, coroutine.resume, coroutine.running, coroutine.status, coroutine.yield
local collectgarbage, gcinfo, newproxy, rawequal, rawget, tonumber = collectgarbage, gcinfo, newproxy, rawequal, rawget, tonumber
local floor, VERSION, LIBRARIES = math.floor, _VERSION, {string = string, table = table, math = math}

-- The functions made from here on have an environment with nothing in it, for scripts can get hold of it.
local real = _G
for name in pairs(real) do real[name] = nil end
setfenv(1, {})

local READONLY = "Attempt to modify a readonly table"
local HOOK_INSTRUCTIONS = 100000

local guarded = {}

local function refuse() error(READONLY, 2) end

-- The binding clears this global around every call out of Lua.
local BINDING = "__jthrowable__"

local function refuseGlobal(_, name)
  if name ~= BINDING then error(READONLY, 2) end
end

local function absent(_, name)
  if name == BINDING then return nil end
  error("Script attempted to access nonexistent global variable '" .. tostring(name) .. "'", 2)
end

-- The table as scripts see it.
local function guard(real, meta)
  local seen = {}
  guarded[seen] = true
  return setmetatable(seen, {__index = real, __newindex = refuse, __metatable = meta or false})
end

-- Errors ---------------------------------------------------------------------------------------------------------------------------------------------------

-- "-CODE text" or "text" as the table that redis.pcall returns.
local function failure(text)
  local code, message = "ERR", text
  if sub(text, 1, 1) == "-" then
    local blank = find(text, " ", 1, true)
    if blank then code, message = sub(text, 2, blank - 1), sub(text, blank + 1) else message = sub(text, 2) end
  end
  return {err = code .. " " .. gsub(gsub(message, "^[\r\n]+", ""), "[\r\n]+$", "")}
end

-- Says where in the script an error arose.
local function locate(problem)
  if type(problem) ~= "table" then problem = {err = "ERR " .. tostring(problem)} end
  for level = 2, 20 do
    local place = getinfo(level, "Sl")
    if not place then break end
    if place.source == "@user_script" or place.source == "@user_function" then
      problem.source, problem.line = place.source, place.currentline
      break
    end
  end
  return problem
end

-- Time -----------------------------------------------------------------------------------------------------------------------------------------------------

-- Called every so many instructions. Once told to stop, every line of a script is an error, so that no pcall of it gets past.
local function watch(event)
  if event == "line" then
    local source = getinfo(2, "S").source
    if source ~= "@user_script" and source ~= "@user_function" then return end
  end
  local reason = host.tick()
  if reason then
    sethook(watch, "l")
    error(failure(reason), 0)
  end
end

local function watched(body)
  local thread = create(body)
  sethook(thread, watch, "", HOOK_INSTRUCTIONS)
  return thread
end

local function passOn(fine, ...)
  if fine then return ... end
  error((...), 0)
end

-- Libraries ------------------------------------------------------------------------------------------------------------------------------------------------

local redis = {
  LOG_DEBUG = 0, LOG_VERBOSE = 1, LOG_NOTICE = 2, LOG_WARNING = 3,
  REPL_NONE = 0, REPL_AOF = 1, REPL_SLAVE = 2, REPL_REPLICA = 2, REPL_ALL = 3,
  REDIS_VERSION = host.version, REDIS_VERSION_NUM = host.versionNumber,
}

redis.call, redis.pcall = host.call, host.pcall

function redis.sha1hex(...)
  if select("#", ...) ~= 1 then error(failure("wrong number of arguments"), 0) end
  return host.sha1((...))
end

function redis.error_reply(...)
  local text = ...
  if select("#", ...) ~= 1 or type(text) ~= "string" then return failure("wrong number or type of arguments") end
  return failure(sub(text, 1, 1) == "-" and text or "-" .. text)
end

function redis.status_reply(...)
  local text = ...
  if select("#", ...) ~= 1 or type(text) ~= "string" then return failure("wrong number or type of arguments") end
  return {ok = text}
end

function redis.setresp(...)
  if select("#", ...) ~= 1 then error(failure("redis.setresp() requires one argument."), 0) end
  local version = ...
  if version ~= 2 and version ~= 3 then error(failure("RESP version must be 2 or 3."), 0) end
  host.setresp(version)
end

function redis.set_repl(...)
  if select("#", ...) ~= 1 then error(failure("redis.set_repl() requires one argument."), 0) end
  local flags = ...
  if type(flags) ~= "number" or flags < 0 or flags > 3 then
    error(failure("Invalid replication flags. Please use REPL_AOF, REPL_REPLICA, REPL_ALL or REPL_NONE."), 0)
  end
end

function redis.log(...)
  local level = ...
  if select("#", ...) < 2 then error(failure("redis.log() requires two arguments or more."), 0) end
  if type(level) ~= "number" then error(failure("First argument must be a number (log level)."), 0) end
  if level < 0 or level > 3 then error(failure("Invalid log level."), 0) end
  local words = {}
  for i = 2, select("#", ...) do words[#words + 1] = tostring((select(i, ...))) end
  host.log(level, concat(words, " "))
end

function redis.acl_check_cmd(...)
  if select("#", ...) == 0 then error(failure("Please specify at least one argument for this redis.acl_check_cmd() call"), 0) end
  local known, allowed = host.allowed(...)
  if not known then error(failure("Invalid command passed to redis.acl_check_cmd()"), 0) end
  return allowed
end

function redis.breakpoint() return false end
function redis.debug() end
function redis.replicate_commands() return true end

local function checkUnguarded(t)
  if guarded[t] then error(READONLY, 0) end
  return t
end

local tables = {}
for name, f in pairs(LIBRARIES.table) do tables[name] = f end
function tables.insert(t, ...) return insert(checkUnguarded(t), ...) end
function tables.remove(t, ...) return remove(checkUnguarded(t), ...) end
function tables.sort(t, ...) return sort(checkUnguarded(t), ...) end

local texts = {}
for name, f in pairs(LIBRARIES.string) do texts[name] = f end
local rep, MAX_STRING = LIBRARIES.string.rep, 512 * 1024 * 1024
function texts.rep(text, count)
  if type(text) == "string" and type(count) == "number" and #text * count > MAX_STRING then error("resulting string too large", 2) end
  return rep(text, count)
end

local maths = {}
for name, f in pairs(LIBRARIES.math) do maths[name] = f end
function maths.random(low, high)
  local r = host.random()
  if not low then return r end
  if not high then low, high = 1, low end
  if type(low) ~= "number" or type(high) ~= "number" then error("bad argument to 'random' (number expected)", 2) end
  if low > high then error("bad argument #" .. (low == 1 and 1 or 2) .. " to 'random' (interval is empty)", 2) end
  return floor(r * (high - low + 1)) + low
end
function maths.randomseed(seed) host.randomseed(seed) end

local bits = {}
for name, f in pairs(host.bit) do
  bits[name] = function(...)
    local result, problem = f(...)
    if problem then error(problem, 2) end
    return result
  end
end

local function isCode(text) return type(text) == "string" and sub(text, 1, 1) ~= "\27" end

local globals = {
  assert = assert, error = error, gcinfo = gcinfo, getfenv = getfenv, getmetatable = getmetatable, ipairs = ipairs, newproxy = newproxy, next = next, pairs = pairs,
  rawequal = rawequal, rawget = rawget, select = select, tonumber = tonumber, tostring = tostring, type = type, unpack = unpack, xpcall = xpcall,
  _VERSION = VERSION,
  redis = guard(redis), string = guard(texts), table = guard(tables), math = guard(maths), bit = guard(bits), cjson = guard(json), cmsgpack = guard(msgpack),
  struct = guard(struct),
  coroutine = guard {
    create = watched, resume = resume, status = status, running = running, yield = yield,
    wrap = function(body)
      local thread = watched(body)
      return function(...) return passOn(resume(thread, ...)) end
    end,
  },
}

function globals.collectgarbage(what, ...)
  if what == "stop" or what == "restart" or what == "setpause" or what == "setstepmul" then return 0 end
  return collectgarbage(what, ...)
end

function globals.loadstring(text, name)
  if not isCode(text) then return nil, "binary code is not loaded" end
  return loadstring(text, name)
end

function globals.load(reader, name)
  local pieces = {}
  while true do
    local piece = reader()
    if piece == nil or piece == "" then break end
    if not pieces[1] and not isCode(piece) then return nil, "binary code is not loaded" end
    pieces[#pieces + 1] = piece
  end
  return globals.loadstring(concat(pieces), name or "=(load)")
end

-- An error of a command is given as its text.
local function caught(fine, ...)
  local problem = ...
  if not fine and type(problem) == "table" and type(problem.err) == "string" then return false, problem.err end
  return fine, ...
end

function globals.pcall(...) return caught(pcall(...)) end

function globals.rawset(t, key, value)
  if guarded[t] then error(READONLY, 0) end
  return rawset(t, key, value)
end

function globals.setmetatable(t, meta)
  if guarded[t] then error(READONLY, 0) end
  return setmetatable(t, meta)
end

function globals.setfenv(target, environment)
  if target == 0 then error(READONLY, 0) end
  if type(target) == "number" then target = target + 1 end
  return setfenv(target, environment)
end

setmetatable(globals, {__index = absent})

-- What is seen while a library of functions is loaded.
local registration = setmetatable({}, {__index = absent})
for _, name in ipairs {"LOG_DEBUG", "LOG_VERBOSE", "LOG_NOTICE", "LOG_WARNING", "REDIS_VERSION", "REDIS_VERSION_NUM", "log"} do registration[name] = redis[name] end
local loading = setmetatable({redis = guard(registration)}, {__index = absent})

local shown = {__index = globals, __newindex = refuseGlobal}
local environment = setmetatable({}, shown)
guarded[environment] = true
shown.__metatable = guard({__index = guard(globals)})
globals._G, loading._G = environment, environment
setfenv(0, environment)

local strings = getmetatable("")
strings.__index = globals.string
strings.__metatable = false

-- Functions ------------------------------------------------------------------------------------------------------------------------------------------------

local FLAGS = {["no-writes"] = true, ["allow-oom"] = true, ["allow-stale"] = true, ["no-cluster"] = true, ["allow-cross-slot-keys"] = true}
local registered

local function text(value) return type(value) == "string" and value or nil end

local function named(given)
  if type(given) ~= "table" then return nil, "calling redis.register_function with a single argument is only applicable to Lua table (representing named arguments)." end
  local made = {description = false, flags = {}}
  for key, value in pairs(given) do
    if type(key) ~= "string" and type(key) ~= "number" then return nil, "named argument key given to redis.register_function is not a string" end
    key = lower(key)
    if key == "function_name" then
      made.name = text(value)
      if not made.name then return nil, "function_name argument given to redis.register_function must be a string" end
    elseif key == "description" then
      made.description = text(value)
      if not made.description then return nil, "description argument given to redis.register_function must be a string" end
    elseif key == "callback" then
      if type(value) ~= "function" then return nil, "callback argument given to redis.register_function must be a function" end
      made.callback = value
    elseif key == "flags" then
      if type(value) ~= "table" then return nil, "flags argument to redis.register_function must be a table representing function flags" end
      for _, flag in ipairs(value) do
        if type(flag) ~= "string" or not FLAGS[lower(flag)] then return nil, "unknown flag given" end
        insert(made.flags, lower(flag))
      end
    else
      return nil, "unknown argument given to redis.register_function"
    end
  end
  if not made.name then return nil, "redis.register_function must get a function name argument" end
  if not made.callback then return nil, "redis.register_function must get a callback argument" end
  return made
end

local function positional(name, callback)
  if not text(name) then return nil, "first argument to redis.register_function must be a string" end
  if type(callback) ~= "function" then return nil, "second argument to redis.register_function must be a function" end
  return {name = name, callback = callback, description = false, flags = {}}
end

function registration.register_function(...)
  if not registered then error(failure("redis.register_function can only be called on FUNCTION LOAD command"), 0) end
  local count = select("#", ...)
  if count < 1 or count > 2 then error(failure("wrong number of arguments to redis.register_function"), 0) end
  local made, problem
  if count == 1 then made, problem = named(...) else made, problem = positional(...) end
  if made and not find(made.name, "^[%w_]+$") then
    made, problem = nil, "Library names can only contain letters, numbers, or underscores(_) and must be at least one character long"
  end
  for _, other in ipairs(registered) do
    if made and other.name == made.name then made, problem = nil, "Function already exists in the library" end
  end
  if not made then error(failure(problem), 0) end
  insert(registered, made)
end

local entry = {}

-- Runs a script with its keys and arguments as globals: true and its result, or false and an error.
function entry.script(script, keys, arguments)
  globals.KEYS, globals.ARGV = keys, arguments
  sethook(watch, "", HOOK_INSTRUCTIONS)
  local fine, result = xpcall(script, locate)
  sethook()
  return fine, result
end

-- The same of a function of a library.
function entry.call(callback, keys, arguments)
  sethook(watch, "", HOOK_INSTRUCTIONS)
  local fine, result = xpcall(function() return callback(keys, arguments) end, locate)
  sethook()
  return fine, result
end

-- Runs a library's code: true and the list of what it registers, or false and what was wrong.
function entry.library(code)
  registered, shown.__index = {}, loading
  sethook(watch, "", HOOK_INSTRUCTIONS)
  local fine, problem = pcall(code)
  sethook()
  local list = registered
  registered, shown.__index = nil, globals
  if fine then return true, list end
  if type(problem) == "table" then return false, tostring(problem.err) end
  return false, "ERR " .. tostring(problem)
end

return entry
