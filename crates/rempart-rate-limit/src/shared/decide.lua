-- Decides on all limits of one request, and charges all of them or none.
--
-- KEYS: one of each limit. ARGV: four times the number of instances; then six of each limit: its
-- kind (1 for a window, and 2 more for one that is on trial), the cost, the step (interval or period,
-- in microseconds), the size (burst or limit), the horizon (for how many microseconds anything of a
-- client counts, by this rule or by that of another tier), and how many requests may be leased. A
-- limit on trial says what it would do, stands in nobody's way, and is not charged for what it would
-- deny. The reply: the time, whether all was charged; then four numbers of each limit: what was used
-- before (debt or admissions), the wait, the time until the oldest admission is over, and how many
-- requests were leased.
local time = redis.call('TIME')
local now = tonumber(time[1]) * 1000000 + tonumber(time[2])
local least = tonumber(ARGV[1])
local reply, limits, fits = { now, 0 }, {}, true

-- Until when the client is in debt. What nobody can owe is no debt: the clock stepped back, or the
-- quota was made smaller.
local function debt(limit, held)
  local held_until = tonumber(held or '') or now
  -- Also what is no number at all.
  if not (held_until > now) then held_until = now end
  limit.window = limit.step * limit.size
  if held_until > now + limit.horizon then
    held_until = now + limit.horizon
    limit.cut = true
  end
  limit.used = held_until - now
  local wanted = limit.used + limit.cost * limit.step
  return math.max(wanted - limit.window, 0), 0
end

-- When the client was admitted: sixteen digits each, the oldest first.
local function window(limit, held)
  local log = ''
  if held and string.sub(held, 1, 1) == 'w' then log = string.sub(held, 2) end
  -- No window remembers more, whoever wrote it.
  if #log > 2048 then log = string.sub(log, -2048) end
  local count = math.floor(#log / 16)
  local function entry(i) return tonumber(string.sub(log, 16 * i - 15, 16 * i)) or 0 end
  -- Admissions in the future are of a clock that stepped back since: they are of now at the latest.
  local known = count
  while known > 0 and entry(known) > now do known = known - 1 end
  if known < count then
    local of_now = string.rep(string.format('%016.0f', now), count - known)
    log = string.sub(log, 1, 16 * known) .. of_now
    limit.cut = true
  end
  -- How many are older than that.
  local function past(age)
    local low, high = 0, count
    while low < high do
      local middle = math.floor((low + high + 1) / 2)
      if entry(middle) <= now - age then low = middle else high = middle - 1 end
    end
    return low
  end
  local over = past(limit.step)
  -- What no longer counts here may count in another tier.
  local gone = over
  if limit.horizon > limit.step then gone = past(limit.horizon) end
  limit.log = string.sub(log, 16 * gone + 1, 16 * count)
  limit.used = count - over
  local too_many = limit.used + limit.cost - limit.size
  local wait, oldest = 0, 0
  if too_many > limit.used then
    wait = limit.step
  elseif too_many > 0 then
    wait = entry(over + too_many) + limit.step - now
  end
  if limit.used > 0 then oldest = entry(over + 1) + limit.step - now end
  return wait, oldest
end

local function write(limit, cost)
  local value, life
  if limit.log then
    local log = limit.log .. string.rep(string.format('%016.0f', now), cost)
    value = 'w' .. string.sub(log, -2048)
    life = limit.horizon
  else
    life = limit.used + cost * limit.step
    value = string.format('%.0f', now + life)
  end
  local px = string.format('%.0f', math.max(math.ceil(life / 1000), 1))
  redis.call('SET', limit.key, value, 'PX', px)
end

for i, key in ipairs(KEYS) do
  local at = 6 * i - 4
  local limit = {
    key = key,
    cost = tonumber(ARGV[at + 1]),
    step = tonumber(ARGV[at + 2]),
    size = tonumber(ARGV[at + 3]),
    horizon = tonumber(ARGV[at + 4]),
    lease = tonumber(ARGV[at + 5]),
  }
  local kind, look = tonumber(ARGV[at]), debt
  if kind % 2 == 1 then look = window end
  local wait, oldest = look(limit, redis.call('GET', key))
  limit.denied = wait > 0
  if limit.denied and kind < 2 then fits = false end
  reply[4 * i - 1] = limit.used
  reply[4 * i] = wait
  reply[4 * i + 1] = oldest
  reply[4 * i + 2] = 0
  limits[i] = limit
end

for i, limit in ipairs(limits) do
  local cost = 0
  if fits and not limit.denied then
    cost = limit.cost
    if limit.lease > 0 then
      local free = math.floor((limit.window - limit.used) / limit.step) - cost
      local leased = math.min(math.floor(free / least), limit.lease)
      reply[4 * i + 2] = leased
      cost = cost + leased
    end
  end
  if cost > 0 or limit.cut then write(limit, cost) end
end

if fits then reply[2] = 1 end
return reply
