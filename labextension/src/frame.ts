/** One frame: what it shows runs there, with an origin of its own, and reaches nothing else. */

import { PageConfig, URLExt } from '@jupyterlab/coreutils';

/** A piece of an output, as `classroom/lab/frame.html` takes it. */
export interface IItem {
  readonly id: string;
  readonly html?: string;
  readonly script?: string;
  /** Shown by another output: only what it loads is wanted. */
  readonly library?: boolean;
}

/** Pixels: as high as a frame may get, and until it has said how high it is. */
const HIGHEST_PX = 20_000;
const FIRST_PX = 24;
/** Pixels, and times in a row: a page that is always that much higher than its frame. */
const CREEP_PX = 8;
const CREEPS = 12;
/** Where a frame is made: this far outside of what is seen. */
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

/** Where the frame's page is; '' where there is no classroom. */
export function address(): string {
  const found = PageConfig.getOption('classroomFrame');
  return found ? URLExt.join(PageConfig.getBaseUrl(), found) : '';
}

const open = new Set<Frame>();

function colours(): Record<string, string> {
  const style = getComputedStyle(document.body);
  return Object.fromEntries(STYLE.map((name) => [name, style.getPropertyValue(name)]));
}

/** Have all frames take over the colours of the page. */
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
   * @param host - where to show it.
   * @param items - what to show.
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

  /** Show these instead; what is shown already and still comes first isn't run again. */
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

  dress(): void {
    if (this.ready) {
      this.send([]);
    }
  }

  /** Take what the frame's page says: it may say anything. */
  hear(said: unknown): void {
    if (typeof said !== 'object' || said === null) {
      return;
    }
    const { classroom, ready, height } = said as Record<string, unknown>;
    if (classroom !== 'frame') {
      return;
    }
    if (ready === true) {
      // Again when it is put back into the page, which loads it once more.
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
    // Also of what stands for a frame that was stopped.
    this.place.replaceChildren(made);
  }

  private send(items: readonly IItem[]): void {
    // The frame's origin is opaque: no other target than any would reach it.
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
