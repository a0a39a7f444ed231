-- Takes keys away, before views are built anew. KEYS: head, some keys. ARGV: epoch,
-- owner, the position to begin from, or '' when there is more to take away.
local h = redis.call('HMGET', KEYS[1], 'epoch', 'owner')
if h[1] ~= ARGV[1] or h[2] ~= ARGV[2] then return 'epoch' end
redis.call('HDEL', KEYS[1], 'open', 'position', 'torn', 'marked', 'mark', unpack(KEYS, 2))
if #KEYS > 1 then redis.call('UNLINK', unpack(KEYS, 2)) end
if ARGV[3] ~= '' then redis.call('HSET', KEYS[1], 'position', ARGV[3]) end
return 'ok'
