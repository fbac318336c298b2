/**
 * Answers JupyterLab's first questions without asking the server.
 *
 * While a page loads, JupyterLab sends forty requests: for what the server knew when it sent the
 * page, and for the same again and again. What came with the page is answered here, and a request
 * that repeats an earlier one shares its answer. Later every request goes to the server. Large answers
 * (the words of a language) come compressed: the page itself isn't.
 */

/** Milliseconds, since the page was asked for, during which it loads. */
const LOADING_MS = 30_000;
/** Milliseconds for which a request that repeats an earlier one shares its answer. */
const FRESH_MS = 3_000;
/** What is answered here once: a second request wants to know how it is now. */
const CHANGES =
  /^(PUT |api\/(kernels|sessions|terminals|metrics\/v1)$|lab\/api\/(settings|workspaces)\b)/;
/** Answers that requests soon after share: several parts of a page ask about a document. */
const OPENING = /^(api\/contents|classroom\/api\/runs)\b/;
/** What people ask for, with a button: always how it is now. */
const ASKED = /^classroom\/api\/(assignments|my|shares)\b/;
/** What a page writes by itself as it opens: nothing that it asks for is any different after it. */
const OWN = /^(lab\/api\/workspaces|api\/collaboration\/session)\//;

/**
 * Name what an address asks for: below the lab, without the number that makes each address new.
 *
 * @returns null if it is no address of the lab.
 */
export function named(address: string, base: string): string | null {
  if (!address.startsWith(base)) {
    return null;
  }
  const [path = '', query = ''] = address.slice(base.length).replace(/#.*/, '').split('?');
  const rest = query.split('&').filter((part) => part && !/^\d+$/.test(part));
  return path.replace(/\/$/, '') + (rest.length ? `?${rest.join('&')}` : '');
}

/** Make a good answer of JSON, or of a stream of it. */
function good(json: BodyInit): Response {
  return new Response(json, { status: 200, headers: { 'Content-Type': 'application/json' } });
}

/**
 * Decompress.
 *
 * @param packed - base64 of what gzip made of a text.
 */
export function unpacked(packed: string): ReadableStream {
  const bytes = Uint8Array.from(atob(packed), (one) => one.charCodeAt(0));
  return new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
}

/** An answer that others share. */
interface IShared {
  answer: Promise<Response>;
  /** When it came; Infinity until then. */
  came: number;
}

export class Answers {
  private shared = new Map<string, IShared>();

  /**
   * @param ask - asks the server.
   * @param base - the lab's address, with a slash at the end.
   * @param given - what came with the page: JSON by what is asked for.
   * @param now - milliseconds since the page was asked for.
   * @param packed - what came with the page compressed, as `unpacked` takes it, by what is asked for.
   */
  constructor(
    private readonly ask: typeof fetch,
    private readonly base: string,
    private readonly given: Record<string, string>,
    private readonly now: () => number,
    private readonly packed: Record<string, string> = {}
  ) {}

  /** Answer as the browser's `fetch`. */
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
   * Take something to have changed: what was asked for before the news is no answer any more.
   *
   * @param what - as `named` names it.
   */
  renew(what: string): void {
    delete this.given[what];
    this.shared.delete(what);
  }

  /** Return what came with the page; what changes is good for one answer. */
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
   * Answer the request for a document's room, if it is for the form of document that was thought of.
   *
   * @param room - JSON: format, type, and what names the room.
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

  /** Something has changed: what was known of it may not hold any more. */
  private forget(): void {
    this.shared.clear();
    for (const what of Object.keys(this.given)) {
      if (CHANGES.test(what) || OPENING.test(what)) {
        delete this.given[what];
      }
    }
  }

  private share(what: string, ask: () => Promise<Response>): Promise<Response> {
    const known = this.shared.get(what);
    if (known && this.now() < known.came + FRESH_MS) {
      // Of a failure everybody hears by themselves.
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
