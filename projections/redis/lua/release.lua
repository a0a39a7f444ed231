-- Ends a reader's hold, if it is still its own. KEYS: hold. ARGV: token.
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
