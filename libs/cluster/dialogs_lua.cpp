#include "cluster/lua.hpp"

namespace pbx::cluster {

// Values are laid out as dialog_codec.hpp says. Replies begin with a verdict: 0 done, 3 not found,
// 5 exists, 6 too many. The rules of a call's life are in libs/calls; here it is only seen to that
// nothing is written over what its writer did not know, and that what ended stays ended.
const char* const kDialogsLua = R"lua(
local ENDED = 4
local MAX_UNDER_ONE_CALL_ID = 16

local function state_of(value) return string.byte(value, 2) end
local function version_of(value) return (struct.unpack('>I4', value, 7)) end

-- Where the end facts begin.
local function after_tags(value)
  local at = 21 + struct.unpack('>I2', value, 19)
  return at + 2 + struct.unpack('>I2', value, at)
end

-- What is left of a call whose end was told.
local function is_tombstone(value)
  return state_of(value) == ENDED and after_tags(value) + 1 >= #value
end

-- Lists are KEYS from the third on: the tenant's calls, and those of a caller who is limited.
local function list(keys, start, member)
  for i = 3, #keys do redis.call('ZADD', keys[i], start, member) end
end
local function unlist(keys, member)
  for i = 3, #keys do redis.call('ZREM', keys[i], member) end
end

-- KEYS: the record, the leases of its shard, the lists. ARGV: our call id, value, time to live in ms,
-- tenant (8 bytes), caller's tag, member and end of the lease, which is taken for a record of this
-- call; start of the call, member of the lists.
local function begin(keys, args)
  local key, stored = keys[1], redis.call('HGETALL', keys[1])
  local count = 0
  for i = 1, #stored, 2 do
    local _, state, _, version, tenant, caller = struct.unpack('>BBI4I4c8I2c0', stored[i + 1])
    if not is_tombstone(stored[i + 1]) then count = count + 1 end
    if stored[i] == args[1] then
      redis.call('ZADD', keys[2], args[7], args[6])
      if version == 1 then return {0} end -- asked again: the first reply was lost
      return {5}
    end
    if state ~= ENDED and tenant == args[4] and caller == args[5] then return {5} end
  end
  if count >= MAX_UNDER_ONE_CALL_ID then return {6} end
  if #stored >= 4 * MAX_UNDER_ONE_CALL_ID then -- ended ones make room
    for i = 1, #stored, 2 do
      if is_tombstone(stored[i + 1]) then redis.call('HDEL', key, stored[i]) end
    end
  end
  redis.call('ZADD', keys[2], args[7], args[6])
  list(keys, args[8], args[9])
  redis.call('HSET', key, args[1], args[2])
  redis.call('PEXPIRE', key, args[3])
  return {0}
end

-- KEYS: the record, the leases of its shard, the lists. ARGV: our call id, the version that is to be
-- there (0: none), value, members of a live and of an ended call's lease, end of the lease, start of
-- the call, member of the lists, time to live in ms. Reply: verdict; with what is there instead, if it
-- is another version or has ended.
local function write(keys, args)
  local key, expected = keys[1], tonumber(args[2])
  local there = redis.call('HGET', key, args[1])
  if there then
    if state_of(there) == ENDED or version_of(there) ~= expected then return {0, there} end
  elseif expected ~= 0 then
    redis.call('ZREM', keys[2], args[4], args[5])
    unlist(keys, args[8])
    return {3}
  end
  redis.call('HSET', key, args[1], args[3])
  if not there then redis.call('PEXPIRE', key, args[9]) end
  if state_of(args[3]) == ENDED then
    redis.call('ZADD', keys[2], args[6], args[5])
    redis.call('ZREM', keys[2], args[4])
    unlist(keys, args[8])
  elseif not there then
    redis.call('ZADD', keys[2], args[6], args[4])
    list(keys, args[7], args[8])
  end
  return {0}
end

-- What is left of the call that is there by this id, for `ttl` ms.
local function bury(key, id, ttl)
  local value = redis.call('HGET', key, id)
  if not value then return end
  redis.call('HSET', key, id, string.sub(value, 1, 1) .. string.char(ENDED) ..
    string.sub(value, 3, after_tags(value) - 1) .. struct.pack('>I2', 0))
  if redis.call('HLEN', key) > 1 then
    for _, other in ipairs(redis.call('HVALS', key)) do
      if not is_tombstone(other) then return end
    end
  end
  redis.call('PEXPIRE', key, ttl)
end

-- KEYS: a shard of the leases, records. ARGV: how long it is known in ms that there were such calls,
-- then of each record our call id and both members of its lease.
local function forget(keys, args)
  local members = {}
  for i = 2, #keys do
    local at = 3 * (i - 2) + 2
    members[#members + 1] = args[at + 1]
    members[#members + 1] = args[at + 2]
    bury(keys[i], args[at], args[1])
  end
  return redis.call('ZREM', keys[1], unpack(members))
end

-- KEYS: a shard of the leases. ARGV: now, end of the new lease, limit. Reply: members taken.
local function claim(keys, args)
  local members = redis.call('ZRANGEBYSCORE', keys[1], '-inf', args[1], 'LIMIT', 0, args[3])
  local sets = {}
  for _, member in ipairs(members) do
    sets[#sets + 1] = args[2]
    sets[#sets + 1] = member
  end
  if #sets > 0 then redis.call('ZADD', keys[1], 'XX', unpack(sets)) end
  return members
end

redis.register_function('pbx_dlg_begin_$V', begin)
redis.register_function('pbx_dlg_write_$V', write)
redis.register_function('pbx_dlg_forget_$V', forget)
redis.register_function('pbx_dlg_claim_$V', claim)
)lua";

}  // namespace pbx::cluster
