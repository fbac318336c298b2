/** Where somebody is who has left this lab: in another one that the person at the page may enter? */

import type { ServerConnection } from '@jupyterlab/services';
import { type ILab, isHere, labsOf } from './labs';

/** Seconds between one look and the next: a lab may have to be started first. */
export const WAITS_SECONDS = [2, 3, 5, 10];

export class Searching {
  /**
   * @param settings - of the server.
   * @param found - called with the lab in which somebody is.
   * @param nowhere - called when they are in none that the person at the page may enter.
   */
  constructor(
    private readonly settings: ServerConnection.ISettings,
    private readonly found: (name: string, lab: ILab) => void,
    private readonly nowhere: (name: string) => void
  ) {}

  /** Look for somebody, unless that is what is being done. */
  begin(name: string): void {
    if (this.name !== name) {
      this.end();
      this.name = name;
      this.wait(0);
    }
  }

  /** Look for nobody. */
  end(): void {
    window.clearTimeout(this.timer);
    this.name = '';
  }

  private wait(turn: number): void {
    const { name } = this;
    this.timer = window.setTimeout(() => void this.look(name, turn), (WAITS_SECONDS[turn] ?? 0) * 1000);
  }

  private async look(name: string, turn: number): Promise<void> {
    let labs: readonly ILab[] = [];
    try {
      labs = await labsOf(this.settings);
    } catch (error) {
      console.warn('The labs could not be listed', error); // the next look may be luckier
    }
    if (this.name !== name) {
      return; // they have come back meanwhile, or are followed no more
    }
    const lab = labs.find((one) => !isHere(one) && one.people.some((two) => two.name === name));
    if (lab !== undefined) {
      this.found(name, lab);
    } else if (turn + 1 < WAITS_SECONDS.length) {
      this.wait(turn + 1);
    } else {
      this.nowhere(name);
    }
  }

  private name = '';
  private timer = 0;
}
