#include "cluster/lua.hpp"

namespace pbx::cluster {

// Values are laid out as binding_codec.hpp says.
const char* const kLocationsLua = R"lua(
local HEADER = '>BI8I4c8I2c0'
local HEADER_BYTES = 23
local KEY_SLACK_MS = 5000 -- nodes' clocks differ; each binding is checked by its own expiry anyway
local GONE_MS = 600000 -- longer than any restoration takes
local GONE_ALL = '*'
local MAX_GONE = 64 -- of an AoR; then all of them: only a loss of Redis in the next minutes shows it
local DAY_MS = 86400000
local FIRST_CHANGE = 8 -- of apply's arguments

-- Bindings of the hash that are alive: id -> {expires, cseq, fingerprint, call-id, value}.
local function read(key, now)
  local stored = redis.call('HGETALL', key)
  local live, count, dead = {}, 0, {}
  for i = 1, #stored, 2 do
    local value = stored[i + 1]
    local good = #value >= HEADER_BYTES and string.byte(value) == 1
    if good then
      local high, low = string.byte(value, HEADER_BYTES - 1, HEADER_BYTES)
      good = #value >= HEADER_BYTES + high * 256 + low
    end
    local _, expires, cseq, print, call_id
    if good then
      _, expires, cseq, print, call_id = struct.unpack(HEADER, value)
    end
    if good and expires > now then
      live[stored[i]] = {expires, cseq, print, call_id, value}
      count = count + 1
    else
      dead[#dead + 1] = stored[i]
    end
  end
  return live, count, dead
end

-- Ids that were removed on purpose: a restoration that read the log before must not bring them back.
local function gone_key(key)
  return key .. ':gone'
end

local function remember_gone(key, ids)
  if #ids == 0 then return end
  if redis.call('SCARD', gone_key(key)) + #ids > MAX_GONE then
    redis.call('UNLINK', gone_key(key))
    ids = {GONE_ALL}
  end
  redis.call('SADD', gone_key(key), unpack(ids))
  redis.call('PEXPIRE', gone_key(key), GONE_MS)
end

-- True for one refresh a day, at another time of day for each phone: the log's readers must know that
-- it is still there.
local function affirms(print, old_expires, new_expires)
  local offset = struct.unpack('>I4', print) % DAY_MS
  return math.floor((old_expires + offset) / DAY_MS) < math.floor((new_expires + offset) / DAY_MS)
end

local function answer(verdict, codes, removed, expired, live)
  local reply = {verdict, codes, removed, expired}
  for id, binding in pairs(live) do
    reply[#reply + 1] = id
    reply[#reply + 1] = binding[5]
  end
  return reply
end

-- KEYS: the AoR, the use of a nonce count. ARGV: who uses it (empty: nobody), how long that matters,
-- now, max bindings, 1 to remove all, Call-ID, CSeq, then id and value of each change (empty value:
-- remove). Reply: verdict (0 stored, 1 stale, 2 too many, 3 replayed, 4 done before), a digit a change (enum Change),
-- removed, expired, id and value of each live one.
local function apply(keys, args)
  local key, by = keys[1], args[1]
  local again = false
  local now, max, call_id, cseq = tonumber(args[3]), tonumber(args[4]), args[6], tonumber(args[7])
  if by ~= '' then
    local before = redis.call('SET', keys[2], by, 'NX', 'GET', 'PX', args[2])
    if before and before ~= by then return answer(3, '', 0, 0, {}) end
    again = before
  end
  local live, count, dead = read(key, now)
  if again then return answer(4, '', 0, 0, live) end
  if #args < FIRST_CHANGE and args[5] == '0' then return answer(0, '', 0, 0, live) end
  local expired = #dead

  local function stale(binding)
    return call_id ~= '' and binding[4] == call_id and cseq <= binding[2]
  end

  if args[5] == '1' then
    for _, binding in pairs(live) do
      if stale(binding) then return answer(1, '', 0, 0, live) end
    end
    redis.call('UNLINK', key)
    remember_gone(key, {GONE_ALL})
    return answer(0, '', count, expired, {})
  end

  for i = FIRST_CHANGE, #args, 2 do
    local binding = live[args[i]]
    if binding and stale(binding) then return answer(1, '', 0, 0, live) end
  end

  local before, codes, sets, gone, removed, added = {}, {}, {}, dead, 0, false
  local left = {} -- there or not: what Redis has lost can be unregistered too
  for i = FIRST_CHANGE, #args, 2 do
    local id, value, old = args[i], args[i + 1], live[args[i]]
    if before[id] == nil then before[id] = old or false end
    if value == '' then
      codes[#codes + 1] = old and '5' or '0'
      left[#left + 1] = id
      if old then
        live[id] = nil
        count = count - 1
        removed = removed + 1
      end
    else
      local _, expires, new_cseq, print, new_call_id = struct.unpack(HEADER, value)
      live[id] = {expires, new_cseq, print, new_call_id, value}
      if not old then
        codes[#codes + 1] = '4'
        count = count + 1
        added = true
      elseif old[3] ~= print then
        codes[#codes + 1] = '3'
      else
        codes[#codes + 1] = affirms(print, old[1], expires) and '2' or '1'
      end
    end
  end
  if added and count > max then
    for id, old in pairs(before) do
      live[id] = old or nil
    end
    return answer(2, '', 0, 0, live)
  end

  remember_gone(key, left)
  local latest = 0
  for _, binding in pairs(live) do
    if binding[1] > latest then latest = binding[1] end
  end
  for id, old in pairs(before) do
    if live[id] then
      sets[#sets + 1] = id
      sets[#sets + 1] = live[id][5]
    elseif old then
      gone[#gone + 1] = id
    end
  end
  if count == 0 then
    redis.call('UNLINK', key)
  else
    if #gone > 0 then redis.call('HDEL', key, unpack(gone)) end
    if #sets > 0 then redis.call('HSET', key, unpack(sets)) end
    redis.call('PEXPIREAT', key, string.format('%.0f', latest + KEY_SLACK_MS))
  end
  return answer(0, table.concat(codes), removed, expired, live)
end

-- KEYS: the AoR. ARGV: now, then id and value of each binding. Writes only ids that are not there
-- and were not removed in the last minutes. Reply: bindings written, live ones
-- there before.
local function restore(keys, args)
  local key, now = keys[1], tonumber(args[1])
  local live, count = read(key, now)
  local latest, sets, gone = 0, {}, {}
  for _, id in ipairs(redis.call('SMEMBERS', gone_key(key))) do
    gone[id] = true
  end
  if gone[GONE_ALL] then return {0, count} end
  for _, binding in pairs(live) do
    if binding[1] > latest then latest = binding[1] end
  end
  for i = 2, #args, 2 do
    local _, expires = struct.unpack('>BI8', args[i + 1])
    if expires > now and not live[args[i]] and not gone[args[i]] then
      sets[#sets + 1] = args[i]
      sets[#sets + 1] = args[i + 1]
      if expires > latest then latest = expires end
    end
  end
  if #sets == 0 then return {0, count} end
  redis.call('HSET', key, unpack(sets))
  redis.call('PEXPIREAT', key, string.format('%.0f', latest + KEY_SLACK_MS))
  return {#sets / 2, count}
end

redis.register_function('pbx_loc_apply_$V', apply)
redis.register_function('pbx_loc_restore_$V', restore)
)lua";

}  // namespace pbx::cluster
