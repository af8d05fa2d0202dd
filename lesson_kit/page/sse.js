// Server-sent events out of the bytes of a fetch. EventSource cannot do it: it only knows GET (ledger A47).

// Takes bytes as they come, gives the data of each event that is complete.
export class EventDecoder {
  constructor() {
    this.decoder = new TextDecoder();
    this.rest = "";
    this.data = [];
  }

  feed(bytes) {
    // {stream: true} keeps the first half of a character until its second half comes (ledger A27). And a read is
    // no message: an event is over at a blank line, wherever the reads were cut (ledger A28).
    this.rest += this.decoder.decode(bytes, { stream: true });
    // A \r at the very end may be half of a \r\n.
    const lines = this.rest.split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop();
    return lines.map((line) => this.line(line)).filter((data) => data !== null);
  }

  line(line) {
    if (line === "") {
      const data = this.data.length ? this.data.join("\n") : null;
      this.data = [];
      return data;
    }
    const [, field, value] = /^([^:]*):? ?(.*)$/s.exec(line);
    if (field === "data") this.data.push(value);
    return null;
  }
}

// Reads the events of a response, as parsed JSON, until the server ends it. Raises what the reader raises.
export async function* eventsOf(response) {
  const reader = response.body.getReader();
  const decoder = new EventDecoder();
  try {
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return; // half an event is no event
      for (const data of decoder.feed(value)) yield JSON.parse(data);
    }
  } finally {
    // A caller that leaves early must not leave the server streaming to nobody.
    reader.cancel().catch(() => {});
  }
}
