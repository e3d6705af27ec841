-- wrk: one prepared request each time, from a file with the signature and the body on alternate lines.
local file

function init(args)
  file = assert(io.open(args[1], "rb"))
end

function request()
  local signature, body = file:read("*l", "*l")
  if not body then
    io.stderr:write("the prepared requests are used up\n")
    os.exit(1)
  end
  local headers = {["Content-Type"] = "application/json; charset=utf-8", ["X-Line-Signature"] = signature}
  return wrk.format("POST", nil, headers, body)
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "seconds": %f, "refused": %d, "broken": %d, "p50_ms": %f, "p99_ms": %f}\n',
    summary.requests, summary.duration / 1e6, errors.status,
    errors.connect + errors.read + errors.write + errors.timeout,
    latency:percentile(50) / 1e3, latency:percentile(99) / 1e3))
end
