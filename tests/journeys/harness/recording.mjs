/** Recordings for the replay agent. Knows ACP's messages; knows no session. */

/** One turn as the text of a file: each message is what `update` or `asks` gives. */
export function recording(...messages) {
  const lines = [
    { id: 0, result: { protocolVersion: 1, agentInfo: { name: "recorded", version: "1" }, agentCapabilities: {} } },
    { id: 1, result: { sessionId: "r1" } },
    ...messages,
    { id: 2, result: { stopReason: "end_turn" } },
  ];
  return lines.map((line) => JSON.stringify({ jsonrpc: "2.0", ...line })).join("\n") + "\n";
}

/** @param {string} kind such as `tool_call` @param {object} fields */
export function update(kind, fields) {
  return { method: "session/update", params: { sessionId: "r1", update: { sessionUpdate: kind, ...fields } } };
}

export function says(text) {
  return update("agent_message_chunk", { content: words(text) });
}

export function words(text) {
  return { type: "text", text };
}

export function asks(request) {
  return { id: 77, method: "session/request_permission", params: { sessionId: "r1", ...request } };
}
