/**
 * The keyboard stays with the person: a frame has it only when they click, tap or tab into it.
 *
 * What runs in a frame can focus itself at any time, and no attribute of the frame, no sandbox and
 * no `inert` keeps it from that (tried in Chromium 156: a frame that isn't displayed can as well).
 * So the page gives the focus back, and takes a frame that goes on out of the page.
 *
 * A page isn't told of clicks in a frame. It knows that somebody has acted anywhere
 * (`navigator.userActivation`, which counts a frame's clicks for five seconds), when they last acted
 * in the page itself, and how the pointer has moved since.
 */

import type { Texts } from './texts';

/** Milliseconds for which a browser calls somebody active after they have acted. */
const ACTIVE_MS = 5000;
/** Milliseconds that a frame has after the Tab key. */
const TABBED_MS = 300;
/** Pixels: so far somebody moves the pointer who goes to a frame, and so near it is then. */
const TRAVELLED_PX = 12;
const NEAR_PX = 250;
/** Times that a frame may take the focus before it is stopped; one when many others were. */
const TIMES = 3;
const MANY = 10;
/** Milliseconds between two looks, for what the page isn't told: one frame takes it of another. */
const LOOK_MS = 250;
/** Whose frames are counted together: the frames of an output come and go. */
const PLACES = '.jp-OutputArea, .jp-Document';
const FRAMES = 'iframe, object, embed';

/** What the page knows when a frame has got the focus. */
export interface ISeen {
  /** Whether somebody has acted in the last seconds, in the page or in a frame. */
  readonly isActive: boolean;
  /** Milliseconds since they last acted in the page itself. */
  readonly sinceInput: number;
  /** Pixels that the pointer has moved in the page since then. */
  readonly travelled: number;
  /** Pixels between the frame and where the pointer was last seen. */
  readonly distance: number;
  /** Whether they have just pressed Tab, and nothing in the page has got the focus by it. */
  readonly hasTabbed: boolean;
  /** Whether another frame had the focus: what they type there makes them active. */
  readonly isOfFrame: boolean;
  /** Whether this frame has taken the focus by itself before. */
  readonly isSuspect: boolean;
}

/** Decide whether it was the person who gave a frame the focus. */
export function isTheirs(seen: ISeen): boolean {
  if (seen.hasTabbed) {
    return true;
  }
  if (!seen.isActive) {
    return false;
  }
  if (seen.sinceInput > ACTIVE_MS && !seen.isOfFrame) {
    return true; // it wasn't in the page, so it was in the frame
  }
  return !seen.isSuspect && seen.travelled >= TRAVELLED_PX && seen.distance <= NEAR_PX;
}

/** Pixels between a point and a rectangle; 0 inside. */
export function distance(x: number, y: number, box: DOMRectReadOnly): number {
  const across = Math.max(box.left - x, 0, x - box.right);
  const down = Math.max(box.top - y, 0, y - box.bottom);
  return Math.hypot(across, down);
}

class Keyboard {
  constructor(private readonly words: Texts) {
    const options = { capture: true, passive: true };
    window.addEventListener('keydown', (event) => this.act(event), options);
    window.addEventListener('pointerdown', (event) => this.act(event), options);
    window.addEventListener('pointermove', (event) => this.move(event), options);
    window.addEventListener('focusin', (event) => this.take(event.target), options);
    // In a task of its own: until then the browser is still moving the focus.
    window.addEventListener('blur', () => window.setTimeout(() => this.look()));
    window.setInterval(() => this.look(), LOOK_MS);
  }

  /** Somebody acts in the page. */
  private act(event: Event): void {
    this.holder = null;
    this.tab = event instanceof KeyboardEvent && event.key === 'Tab' ? event : null;
    this.reckon();
  }

  private reckon(): void {
    this.acted = performance.now();
    this.travelled = 0;
  }

  private move({ clientX, clientY }: PointerEvent): void {
    this.travelled += Math.hypot(clientX - this.x, clientY - this.y);
    this.x = clientX;
    this.y = clientY;
  }

  private take(target: EventTarget | null): void {
    if (target instanceof HTMLElement && !target.matches(FRAMES)) {
      this.last = target;
      this.holder = this.tab = null;
    }
  }

  /** See who has the focus. */
  private look(): void {
    const now = document.activeElement;
    if (!(now instanceof HTMLElement) || !now.matches(FRAMES) || now === this.holder) {
      return;
    }
    if (isTheirs(this.seen(now))) {
      this.holder = now;
      this.reckon();
    } else {
      this.giveBack(now);
    }
  }

  private seen(frame: HTMLElement): ISeen {
    const since = performance.now() - this.acted;
    return {
      isActive: navigator.userActivation?.isActive ?? true,
      sinceInput: since,
      travelled: this.travelled,
      distance: distance(this.x, this.y, frame.getBoundingClientRect()),
      hasTabbed: this.tab !== null && !this.tab.defaultPrevented && since < TABBED_MS,
      isOfFrame: this.holder?.isConnected === true,
      isSuspect: this.times(frame) > 0
    };
  }

  private giveBack(frame: HTMLElement): void {
    const to = this.holder?.isConnected ? this.holder : this.last;
    const times = this.times(frame) + 1;
    this.counted.set(this.place(frame), times);
    if (times >= (this.stopped >= MANY ? 1 : TIMES)) {
      this.stop(frame);
    }
    if (document.hasFocus()) {
      window.focus(); // before anything in it: the frame has the focus of the window, too
    }
    frame.blur();
    if (to?.isConnected) {
      to.focus({ preventScroll: true });
    }
  }

  /** Take a frame out of the page, with a button that brings it back. */
  private stop(frame: HTMLElement): void {
    this.stopped += 1;
    const said = document.createElement('div');
    said.className = 'classroom-Stopped';
    said.textContent = this.words.tookKeyboard;
    const button = document.createElement('button');
    button.className = 'jp-mod-styled';
    button.textContent = this.words.showAgain;
    button.addEventListener('click', () => {
      said.replaceWith(frame); // which loads it again
      frame.focus();
      this.holder = frame;
      // Once more is enough.
      this.counted.set(this.place(frame), TIMES - 1);
    });
    said.append(button);
    frame.replaceWith(said);
  }

  private place(frame: HTMLElement): Element {
    return frame.closest(PLACES) ?? frame;
  }

  private times(frame: HTMLElement): number {
    return this.counted.get(this.place(frame)) ?? 0;
  }

  private readonly counted = new WeakMap<Element, number>();
  /** The frame that somebody has gone into. */
  private holder: HTMLElement | null = null;
  /** What last had the focus in the page itself. */
  private last: HTMLElement | null = null;
  private tab: KeyboardEvent | null = null;
  private acted = Number.NEGATIVE_INFINITY;
  private x = 0;
  private y = 0;
  private travelled = 0;
  private stopped = 0;
}

/** Keep the keyboard with the person at the page, from now on. */
export function keepKeyboard(words: Texts): void {
  new Keyboard(words);
}
