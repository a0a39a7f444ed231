-- Applies a batch. KEYS: head, hold, notices, the keys that it touches. ARGV: epoch, owner,
-- from, to, whether not to wait for readers, kinds of the keys; then commands:
-- name, which key, how many arguments, the arguments.
local verdict, at = standing(KEYS[1], ARGV[1], ARGV[2])
if verdict ~= 'ok' then return verdict end
if ARGV[4] <= at then return 'done' end
if ARGV[3] ~= at then return 'moved' end
if ARGV[5] == '' and redis.call('EXISTS', KEYS[2]) == 1 then return 'held' end
if not whole(KEYS[1], KEYS, 4, ARGV[6]) then return 'torn' end

redis.call('HSET', KEYS[1], 'torn', ARGV[4])
local i = 7
while i <= #ARGV do
  local n = tonumber(ARGV[i + 2])
  -- A notice that cannot be written is lost, the batch is not.
  local call = ARGV[i] == 'XADD' and redis.pcall or redis.call
  call(ARGV[i], KEYS[tonumber(ARGV[i + 1])], unpack(ARGV, i + 3, i + 2 + n))
  i = i + 3 + n
end
local last = {'position', ARGV[4]}
for k = 4, #KEYS do
  last[#last + 1] = KEYS[k]
  last[#last + 1] = size(KEYS[k], ARGV[6]:sub(k - 3, k - 3))
end
redis.call('HDEL', KEYS[1], 'torn')
redis.call('HSET', KEYS[1], unpack(last))
return 'ok'
