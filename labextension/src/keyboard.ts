/**
 * Keep the keyboard focus out of frames, unless the person clicks, taps or tabs into one.
 *
 * Code in a frame can focus the frame at any time. No attribute of the frame prevents that, neither
 * `sandbox` nor `inert` (tested in Chromium 156: even a frame that isn't displayed can do it). So
 * the page takes the focus back, and removes a frame that does it repeatedly.
 *
 * A page gets no events for clicks in a frame. It only knows whether the person was active anywhere
 * (`navigator.userActivation` counts a frame's clicks for five seconds), when they last acted in
 * the page itself, and how the pointer has moved since.
 */

import type { Texts } from './texts';

/** How long a browser counts somebody as active after they have acted. */
const ACTIVE_MS = 5000;
/** How long after the Tab key a frame may get the focus. */
const TABBED_MS = 300;
/** On its way to a frame the pointer moves at least this far, and ends this near to the frame. */
const TRAVELLED_PX = 12;
const NEAR_PX = 250;
/**
 * A frame is stopped when it has taken the focus this often; if so many frames have been stopped
 * before, it is stopped the first time.
 */
const TIMES = 3;
const MANY = 10;
/** How often to check the focus: the page gets no event when one frame takes it from another. */
const LOOK_MS = 250;
/** Elements whose frames are counted together, because the frames of an output come and go. */
const PLACES = '.jp-OutputArea, .jp-Document';
const FRAMES = 'iframe, object, embed';

/** The page's observations when a frame has got the focus. */
export interface ISeen {
  /** Whether the person has acted in the last seconds, in the page or in a frame. */
  readonly isActive: boolean;
  /** Milliseconds since they last acted in the page itself. */
  readonly sinceInput: number;
  /** Pixels that the pointer has moved in the page since then. */
  readonly travelled: number;
  /** Pixels between the frame and the pointer's last known position. */
  readonly distance: number;
  /** Whether they have just pressed Tab, and no element of the page has got the focus by it. */
  readonly hasTabbed: boolean;
  /** Whether a frame that the person chose had the focus: typing there makes them active. */
  readonly isOfFrame: boolean;
  /** Whether this frame has taken the focus by itself before. */
  readonly isSuspect: boolean;
}

/** Decide whether the person gave a frame the focus, and not its code. */
export function isTheirs(seen: ISeen): boolean {
  if (seen.hasTabbed) {
    return true;
  }
  if (!seen.isActive) {
    return false;
  }
  if (seen.sinceInput > ACTIVE_MS && !seen.isOfFrame) {
    return true; // they acted, but not in the page: so it was in the frame
  }
  return !seen.isSuspect && seen.travelled >= TRAVELLED_PX && seen.distance <= NEAR_PX;
}

/** Return the pixels between a point and a rectangle; 0 inside. */
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
    // In a later task, because the browser is still moving the focus.
    window.addEventListener('blur', () => window.setTimeout(() => this.look()));
    window.setInterval(() => this.look(), LOOK_MS);
  }

  /** Note that the person acts in the page. */
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

  /** Check which element has the focus, and take it back from a frame. */
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
      window.focus(); // first, because the frame also has the window's focus
    }
    frame.blur();
    if (to?.isConnected) {
      to.focus({ preventScroll: true });
    }
  }

  /** Replace a frame by a notice with a button that brings it back. */
  private stop(frame: HTMLElement): void {
    this.stopped += 1;
    const said = document.createElement('div');
    said.className = 'classroom-Stopped';
    said.textContent = this.words.tookKeyboard;
    const button = document.createElement('button');
    button.className = 'jp-mod-styled';
    button.textContent = this.words.showAgain;
    button.addEventListener('click', () => {
      said.replaceWith(frame); // this reloads the frame
      frame.focus();
      this.holder = frame;
      // If it takes the focus once more, it is stopped again.
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
  /** The frame to which the person gave the focus. */
  private holder: HTMLElement | null = null;
  /** The element of the page that last had the focus. */
  private last: HTMLElement | null = null;
  private tab: KeyboardEvent | null = null;
  private acted = Number.NEGATIVE_INFINITY;
  private x = 0;
  private y = 0;
  private travelled = 0;
  private stopped = 0;
}

/** Start to keep the keyboard focus out of frames. */
export function keepKeyboard(words: Texts): void {
  new Keyboard(words);
}
