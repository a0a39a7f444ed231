-- Whether the caller still writes these views: 'ok', 'lost' when the claim or the
-- rows are gone, 'epoch' when somebody else has claimed them, 'torn' when a batch
-- broke off halfway. Then the position. Epochs and positions are 20 digits, so
-- that text compares as numbers do.
local function standing(head, epoch, owner)
  local h = redis.call('HMGET', head, 'epoch', 'owner', 'position', 'torn')
  if h[1] and h[1] > epoch then return 'epoch' end
  if not h[1] or h[1] < epoch then return 'lost' end
  if h[2] ~= owner then return 'epoch' end
  if not h[3] then return 'lost' end
  if h[4] then return 'torn' end
  return 'ok', h[3]
end

local sizes = {h = 'HLEN', z = 'ZCARD'}

-- How large a key is, and false when it is something else than it should be.
local function size(key, kind)
  local n = redis.pcall(sizes[kind], key)
  return type(n) == 'number' and n
end

-- Whether the keys from the first on are as large as the head remembers.
local function whole(head, keys, first, kinds)
  if #keys < first then return true end
  local known = redis.call('HMGET', head, unpack(keys, first))
  for i = first, #keys do
    local at = i - first + 1
    if size(keys[i], kinds:sub(at, at)) ~= tonumber(known[at] or 0) then return false end
  end
  return true
end
