/** A reporter for node:test that writes down each test as it begins and ends, in the words of progress.py. */
export default async function* progress(source) {
  for await (const { type, data } of source) {
    if (type === "test:dequeue") yield `begins ${data.name}\n`;
    else if (type === "test:complete") yield `ends ${data.name}\n`;
  }
}
