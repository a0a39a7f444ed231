-- Whether what was acknowledged stands, and a sign of life. KEYS: head, the keys of
-- the views. ARGV: epoch, owner, the position that was acknowledged, now, kinds of
-- the keys, whether the views were opened; the
-- position and the name of an event of the log, or ''.
local verdict, at = standing(KEYS[1], ARGV[1], ARGV[2])
if verdict ~= 'ok' then return verdict end
if at < ARGV[3] then return 'moved' end
if ARGV[6] == '1' and not redis.call('HGET', KEYS[1], 'open') then return 'moved' end
if not whole(KEYS[1], KEYS, 2, ARGV[5]) then return 'torn' end
redis.call('HSET', KEYS[1], 'beat', ARGV[4])
if ARGV[7] ~= '' then redis.call('HSET', KEYS[1], 'marked', ARGV[7], 'mark', ARGV[8]) end
return 'ok'
