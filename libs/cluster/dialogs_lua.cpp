#include "cluster/lua.hpp"

namespace pbx::cluster {

// Values are laid out as dialog_codec.hpp says. Replies begin with a verdict: 0 done, 1 already
// ended, 2 already answered, 3 not found, 4 version conflict, 5 exists, 6 too many, 7 not answered.
const char* const kDialogsLua = R"lua(
local FIXED = '>BBI4I4c8I2c0I2c0I2c0'
local ANSWERED, ENDED = 3, 4
local MAX_UNDER_ONE_CALL_ID = 16

-- state, sequence, version, tenant, caller's tag, callee's tag, end facts, place of the protobuf
local function unpack_header(value)
  local _, state, sequence, version, tenant, caller, callee, finish, at = struct.unpack(FIXED, value)
  return state, sequence, version, tenant, caller, callee, finish, at
end

local function pack_value(state, sequence, version, tenant, caller, callee, finish, body)
  return struct.pack('>BBI4I4c8I2', 1, state, sequence, version, tenant, #caller) .. caller ..
    struct.pack('>I2', #callee) .. callee .. struct.pack('>I2', #finish) .. finish .. body
end

-- KEYS: the record, the leases of its shard, the tenant's calls in it. ARGV: our call id, value, time
-- to live in ms, tenant (8 bytes), caller's tag, member and end of the lease, which is taken for a
-- record of this call; start of the call, member of the tenant's calls.
local function begin(keys, args)
  local key, stored = keys[1], redis.call('HGETALL', keys[1])
  for i = 1, #stored, 2 do
    local state, _, version, tenant, caller = unpack_header(stored[i + 1])
    if stored[i] == args[1] then
      redis.call('ZADD', keys[2], args[7], args[6])
      if version == 1 then return {0, 1, 1} end -- asked again: the first reply was lost
      return {5}
    end
    if state ~= ENDED and tenant == args[4] and caller == args[5] then return {5} end
  end
  if #stored >= 2 * MAX_UNDER_ONE_CALL_ID then return {6} end
  redis.call('ZADD', keys[2], args[7], args[6])
  redis.call('ZADD', keys[3], args[8], args[9])
  redis.call('HSET', key, args[1], args[2])
  redis.call('PEXPIRE', key, args[3])
  return {0, 1, 1}
end

-- KEYS: the record. ARGV: our call id, R(inging) N(ote) A(nswered) or U(pdate), version for U, callee's
-- tag, protobuf. Reply: verdict, sequence of the event or 0, version.
local function step(keys, args)
  local value = redis.call('HGET', keys[1], args[1])
  if not value then return {3} end
  local kind = args[2]
  local state, sequence, version, tenant, caller, callee = unpack_header(value)
  if state == ENDED then return {1} end

  local event = false
  if kind == 'U' then
    if version ~= tonumber(args[3]) then return {4} end
  elseif state == ANSWERED then
    if kind == 'A' and callee == args[4] then return {0, 0, version} end
    return {2}
  elseif kind == 'R' then
    event = state == 1
    state = 2
  elseif kind == 'A' then
    event = true
    state = ANSWERED
  end
  if event then sequence = sequence + 1 end
  version = version + 1
  redis.call('HSET', keys[1], args[1],
    pack_value(state, sequence, version, tenant, caller, args[4], '', args[5]))
  return {0, event and sequence or 0, version}
end

-- KEYS: the record, the leases of its shard, the tenant's calls in it. ARGV: our call id, end facts,
-- member and end of the lease for the event's delivery, 1 for the end of an answered call, member of
-- the tenant's calls, member of the lease that the call had while it went on.
local function finish(keys, args)
  local key = keys[1]
  local value = redis.call('HGET', key, args[1])
  if not value then
    redis.call('ZREM', keys[2], args[3], args[7])
    redis.call('ZREM', keys[3], args[6])
    return {3}
  end
  local state, sequence, version, tenant, caller, callee, _, at = unpack_header(value)
  if state == ENDED then return {1} end
  if state == ANSWERED and args[5] ~= '1' then return {2} end
  if state ~= ANSWERED and args[5] == '1' then return {7} end
  value = pack_value(ENDED, sequence + 1, version + 1, tenant, caller, callee, args[2],
    string.sub(value, at))
  redis.call('ZADD', keys[2], args[4], args[3])
  redis.call('ZREM', keys[2], args[7])
  redis.call('ZREM', keys[3], args[6])
  redis.call('HSET', key, args[1], value)
  return {0, value}
end

-- KEYS: the record, the leases of its shard, the tenant's calls in it. ARGV: our call id, value, time
-- to live in ms, member and end of the lease, start of the call, member of the tenant's calls. Reply:
-- 1 if there was no record of this call.
local function restore(keys, args)
  local written = redis.call('HSETNX', keys[1], args[1], args[2])
  if written == 1 then
    redis.call('ZADD', keys[2], args[5], args[4])
    redis.call('ZADD', keys[3], args[6], args[7])
    redis.call('PEXPIRE', keys[1], args[3])
  end
  return written
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
redis.register_function('pbx_dlg_step_$V', step)
redis.register_function('pbx_dlg_end_$V', finish)
redis.register_function('pbx_dlg_claim_$V', claim)
redis.register_function('pbx_dlg_restore_$V', restore)
)lua";

}  // namespace pbx::cluster
