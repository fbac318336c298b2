/** One sandboxed frame: its content runs in an opaque origin and can't reach the page. */

import { PageConfig, URLExt } from '@jupyterlab/coreutils';

/** A part of an output, in the form for `classroom/lab/pages/frame.html`. */
export interface IItem {
  readonly id: string;
  readonly html?: string;
  readonly script?: string;
  /** Whether it is another output's library: the frame loads it without showing it. */
  readonly library?: boolean;
}

/** The greatest height of a frame, and its height until it has reported its own. */
const HIGHEST_PX = 20_000;
const FIRST_PX = 24;
/** If the content grows whenever its frame grows, the frame stops after this many small steps. */
const CREEP_PX = 8;
const CREEPS = 12;
/** A frame is made when its place is this near to the visible part of the page. */
const NEAR = '600px';
const STYLE = [
  '--jp-border-color1',
  '--jp-code-font-family',
  '--jp-content-font-color1',
  '--jp-content-font-family',
  '--jp-content-font-size1',
  '--jp-content-link-color',
  '--jp-layout-color0',
  '--jp-rendermime-table-row-background',
  '--jp-ui-font-color1'
];

/** Return the address of the frame's page; '' without a classroom on the server. */
export function address(): string {
  const found = PageConfig.getOption('classroomFrame');
  return found ? URLExt.join(PageConfig.getBaseUrl(), found) : '';
}

const open = new Set<Frame>();

function colours(): Record<string, string> {
  const style = getComputedStyle(document.body);
  return Object.fromEntries(STYLE.map((name) => [name, style.getPropertyValue(name)]));
}

/** Send the page's colours to all frames. */
export function dress(): void {
  for (const one of open) {
    one.dress();
  }
}

window.addEventListener('message', (event) => {
  for (const one of open) {
    if (one.window !== null && event.source === one.window) {
      one.hear(event.data);
    }
  }
});

function isSame(one: IItem, other: IItem | undefined): boolean {
  return one.id === other?.id && one.html === other.html && one.script === other.script;
}

export class Frame {
  /**
   * @param host - the element for the frame.
   * @param items - the items to show.
   */
  constructor(
    host: HTMLElement,
    private items: readonly IItem[]
  ) {
    this.place.className = 'classroom-Frame';
    this.place.style.minHeight = `${FIRST_PX}px`;
    host.append(this.place);
    this.seen.observe(this.place);
    open.add(this);
  }

  get window(): Window | null {
    return this.iframe?.contentWindow ?? null;
  }

  /** Replace the items; if the shown items still come first, they don't run again. */
  show(items: readonly IItem[]): void {
    const shown = this.items;
    this.items = items;
    const goesOn = shown.every((item, at) => isSame(item, items[at]));
    if (!goesOn && this.iframe) {
      this.load();
    } else if (this.ready && items.length > shown.length) {
      this.send(items.slice(shown.length));
    }
  }

  /** Send the page's colours to this frame. */
  dress(): void {
    if (this.ready) {
      this.send([]);
    }
  }

  /** Handle a message from the frame's page, which isn't trusted. */
  hear(said: unknown): void {
    if (typeof said !== 'object' || said === null) {
      return;
    }
    const { classroom, ready, height } = said as Record<string, unknown>;
    if (classroom !== 'frame') {
      return;
    }
    if (ready === true) {
      // It is ready again after each load, such as when it is put back into the page.
      this.ready = true;
      this.send(this.items);
    }
    if (typeof height === 'number' && Number.isFinite(height)) {
      this.grow(Math.min(HIGHEST_PX, Math.max(0, Math.ceil(height))));
    }
  }

  dispose(): void {
    open.delete(this);
    this.seen.disconnect();
    this.place.remove();
  }

  private load(): void {
    this.ready = false;
    const made = document.createElement('iframe');
    made.setAttribute('sandbox', 'allow-scripts');
    made.setAttribute('allow', '');
    made.referrerPolicy = 'no-referrer';
    made.title = 'Output';
    made.src = address();
    this.iframe = made;
    // This also removes the notice in place of a stopped frame.
    this.place.replaceChildren(made);
  }

  private send(items: readonly IItem[]): void {
    // The frame's origin is opaque: only the target '*' reaches it.
    this.window?.postMessage({ classroom: 'lab', items, style: colours() }, '*');
  }

  private grow(height: number): void {
    const more = height - this.height;
    this.creeps = more > 0 && more <= CREEP_PX ? this.creeps + 1 : 0;
    if (this.creeps > CREEPS || more === 0) {
      return;
    }
    this.height = height;
    if (this.iframe) {
      this.iframe.style.height = `${height}px`;
    }
    this.place.style.minHeight = `${height}px`;
  }

  private readonly place = document.createElement('div');
  private readonly seen = new IntersectionObserver(
    (entries) => {
      if (entries.some((entry) => entry.isIntersecting) && !this.iframe) {
        this.load();
      }
    },
    { rootMargin: NEAR }
  );
  private iframe: HTMLIFrameElement | null = null;
  private ready = false;
  private height = FIRST_PX;
  private creeps = 0;
}
