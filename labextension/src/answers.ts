/**
 * Answer JupyterLab's first requests without the server.
 *
 * While a page loads, JupyterLab sends forty requests. For many of them the server knew the answer
 * when it sent the page, and many are repeated. This module answers the first kind from data in the
 * page, and lets repeated requests share one answer. Later every request goes to the server. Large
 * answers (translations) are compressed, because the page itself isn't.
 */

/** A page is loading for this long after it was requested. */
const LOADING_MS = 30_000;
/** For this long, a repeated request shares the earlier request's answer. */
const FRESH_MS = 3_000;
/** Requests that the page's data answers only once: a second request needs the current state. */
const CHANGES =
  /^(PUT |api\/(kernels|sessions|terminals|metrics\/v1)$|lab\/api\/(settings|workspaces)\b)/;
/** Answers that later requests share: several parts of a page ask about the same document. */
const OPENING = /^(api\/contents|classroom\/api\/runs)\b/;
/** Requests that people trigger with a button: they always get the current state. */
const ASKED = /^classroom\/api\/(assignments|my|shares)\b/;
/** Writes of a page that opens: they don't change any other answer. */
const OWN = /^(lab\/api\/workspaces|api\/collaboration\/session)\//;

/**
 * Return the path and query of an address below the lab, without JupyterLab's cache-busting number.
 *
 * @returns null if it isn't an address of the lab.
 */
export function named(address: string, base: string): string | null {
  if (!address.startsWith(base)) {
    return null;
  }
  const [path = '', query = ''] = address.slice(base.length).replace(/#.*/, '').split('?');
  const rest = query.split('&').filter((part) => part && !/^\d+$/.test(part));
  return path.replace(/\/$/, '') + (rest.length ? `?${rest.join('&')}` : '');
}

/** Make a successful response from JSON, or from a stream of JSON. */
function good(json: BodyInit): Response {
  return new Response(json, { status: 200, headers: { 'Content-Type': 'application/json' } });
}

/**
 * Decompress a text.
 *
 * @param packed - the gzipped text, in base64.
 */
export function unpacked(packed: string): ReadableStream {
  const bytes = Uint8Array.from(atob(packed), (one) => one.charCodeAt(0));
  return new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
}

/** An answer that requests share. */
interface IShared {
  answer: Promise<Response>;
  /** When the answer came, on the clock `now`; Infinity until then. */
  came: number;
}

/** Answers a loading page's requests, or sends them to the server. */
export class Answers {
  private shared = new Map<string, IShared>();

  /**
   * @param ask - asks the server.
   * @param base - the lab's address, with a slash at the end.
   * @param given - the answers in the page: JSON by request, as `named` returns it.
   * @param now - returns the milliseconds since the page was requested.
   * @param packed - the compressed answers in the page, for `unpacked`, by request.
   */
  constructor(
    private readonly ask: typeof fetch,
    private readonly base: string,
    private readonly given: Record<string, string>,
    private readonly now: () => number,
    private readonly packed: Record<string, string> = {}
  ) {}

  /** Stands in for the browser's `fetch`. */
  readonly fetch: typeof fetch = (input, init) => {
    const request = input instanceof Request ? input : null;
    const method = (init?.method ?? request?.method ?? 'GET').toUpperCase();
    const address = new URL(request?.url ?? String(input), this.base).href;
    const what = this.now() < LOADING_MS ? named(address, this.base) : null;
    if (what === null || (method === 'GET' && ASKED.test(what))) {
      return this.ask(input, init);
    }
    if (method !== 'GET') {
      if (!OWN.test(what)) {
        this.forget();
      }
      const room = this.take(`${method} ${what}`);
      return room === undefined
        ? this.ask(input, init)
        : this.enter(room, new Request(input, init), (request) => this.ask(request));
    }
    const known = this.take(what);
    if (known !== undefined) {
      return Promise.resolve(good(known));
    }
    const large = this.packed[what];
    if (large !== undefined) {
      return Promise.resolve(good(unpacked(large)));
    }
    return this.share(what, () => this.ask(input, init));
  };

  /**
   * Forget an answer that is out of date.
   *
   * @param what - the request, as `named` returns it.
   */
  renew(what: string): void {
    delete this.given[what];
    this.shared.delete(what);
  }

  /** Return an answer from the page; an answer that may change is used only once. */
  private take(what: string): string | undefined {
    const known = this.given[what];
    if (known !== undefined && (CHANGES.test(what) || OPENING.test(what))) {
      delete this.given[what];
    }
    if (known !== undefined && OPENING.test(what)) {
      this.shared.set(what, { answer: Promise.resolve(good(known)), came: this.now() });
    }
    return known;
  }

  /**
   * Answer the request for a document's room, if it has the expected format and type.
   *
   * @param room - the room's answer in JSON, with its format and type.
   */
  private async enter(
    room: string,
    request: Request,
    ask: (request: Request) => Promise<Response>
  ) {
    const wanted = await request.clone().json();
    const { format, type } = JSON.parse(room);
    return wanted.format === format && wanted.type === type ? good(room) : ask(request);
  }

  /** Forget all answers that a write may have made out of date. */
  private forget(): void {
    this.shared.clear();
    for (const what of Object.keys(this.given)) {
      if (CHANGES.test(what) || OPENING.test(what)) {
        delete this.given[what];
      }
    }
  }

  /** Send a request, or share the answer of the same request shortly before. */
  private share(what: string, ask: () => Promise<Response>): Promise<Response> {
    const known = this.shared.get(what);
    if (known && this.now() < known.came + FRESH_MS) {
      // After a failure each request asks the server itself.
      return known.answer.then((answer) => (answer.ok ? answer.clone() : ask()), ask);
    }
    const made: IShared = { answer: ask(), came: Number.POSITIVE_INFINITY };
    this.shared.set(what, made);
    const settle = () => {
      made.came = this.now();
    };
    made.answer.then(settle, settle);
    return made.answer.then((answer) => answer.clone());
  }
}
