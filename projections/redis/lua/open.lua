-- Makes the views readable. KEYS: head. ARGV: epoch, owner.
local verdict = standing(KEYS[1], ARGV[1], ARGV[2])
if verdict == 'ok' then redis.call('HSET', KEYS[1], 'open', '1') end
return verdict
