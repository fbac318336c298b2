/**
 * Answer requests that a page repeats although nothing has changed.
 *
 * The page's own connection brings the container's usage. The list of a person's window layouts
 * changes only when their own pages write, so the page asks for it once a minute.
 */

import { named } from './answers';

const USAGE = 'api/metrics/v1';
const LAYOUTS = 'lab/api/workspaces';
/** Requests that start or end something. */
const RUNNING = /^api\/(kernels|sessions|terminals)\b/;
/** For this long after a start or end, JupyterLab's managers may not know of it yet. */
const SETTLES_MS = 2_000;
/** How long a reported usage is used as the current one. */
const USAGE_LASTS_MS = 15_000;
/** How long a list of layouts is reused; another page may have written meanwhile. */
const LAYOUTS_LAST_MS = 60_000;

interface IKnown {
  readonly text: string;
  /** The time until which the answer is used, on the clock `now`. */
  readonly until: number;
}

export class Polled {
  private readonly known = new Map<string, IKnown>();
  /** How often the page has written layouts: an answer from before a write is out of date. */
  private written = 0;
  private starting = 0;
  private started = Number.NEGATIVE_INFINITY;

  /**
   * @param ask - the next handler of the request.
   * @param base - the lab's address, with a slash at the end.
   * @param now - a clock in milliseconds, with any origin.
   */
  constructor(
    private readonly ask: typeof fetch,
    private readonly base: string,
    private readonly now: () => number
  ) {}

  /** Store the container's usage, as the answer to the next requests. */
  use(usage: unknown): void {
    const text = JSON.stringify(usage);
    this.known.set(USAGE, { text, until: this.now() + USAGE_LASTS_MS });
  }

  /**
   * Whether the page is just starting or ending something.
   *
   * If an older list of kernels or sessions came now, JupyterLab would drop the new one.
   */
  get isStarting(): boolean {
    return this.starting > 0 || this.now() < this.started + SETTLES_MS;
  }

  /** Stands in for the browser's `fetch`. */
  readonly fetch: typeof fetch = async (input, init) => {
    const request = input instanceof Request ? input : null;
    const method = (init?.method ?? request?.method ?? 'GET').toUpperCase();
    const what = named(new URL(request?.url ?? String(input), this.base).href, this.base) ?? '';
    if (method !== 'GET') {
      if (what.startsWith(LAYOUTS)) {
        this.written += 1;
        this.known.delete(LAYOUTS);
      }
      return RUNNING.test(what) ? this.start(() => this.ask(input, init)) : this.ask(input, init);
    }
    const known = this.known.get(what);
    if (known && this.now() < known.until) {
      const headers = { 'Content-Type': 'application/json' };
      return new Response(known.text, { status: 200, headers });
    }
    return what === LAYOUTS ? this.keep(() => this.ask(input, init)) : this.ask(input, init);
  };

  /** Send a request that starts or ends something, and note when. */
  private async start(ask: () => Promise<Response>): Promise<Response> {
    this.starting += 1;
    try {
      return await ask();
    } finally {
      this.starting -= 1;
      this.started = this.now();
    }
  }

  /** Load the layouts, and reuse them unless the page has written meanwhile. */
  private async keep(ask: () => Promise<Response>): Promise<Response> {
    const before = this.written;
    const answer = await ask();
    if (answer.ok) {
      const text = await answer.clone().text();
      if (this.written === before) {
        this.known.set(LAYOUTS, { text, until: this.now() + LAYOUTS_LAST_MS });
      }
    }
    return answer;
  }
}
