-- Begins an epoch. KEYS: head, versions, the keys of the views. ARGV: owner,
-- digest, now, kinds of the keys. Returns the epoch, the position or '' when there
-- are no views that one could go on with.
local epoch = string.format('%020.0f', tonumber(redis.call('HGET', KEYS[1], 'epoch') or 0) + 1)
redis.call('HSET', KEYS[1], 'epoch', epoch, 'owner', ARGV[1], 'beat', ARGV[3])
redis.call('SADD', KEYS[2], ARGV[2])
local verdict, at = standing(KEYS[1], epoch, ARGV[1])
if verdict ~= 'ok' or not whole(KEYS[1], KEYS, 3, ARGV[4]) then at = '' end
return {epoch, at}
