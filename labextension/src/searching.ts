/** Search the other labs that the person at the page may enter for somebody who left this lab. */

import type { ServerConnection } from '@jupyterlab/services';
import { type ILab, isHere, labsOf } from './labs';

/** The waits between searches: the other lab may have to start first. */
export const WAITS_SECONDS = [2, 3, 5, 10];

export class Searching {
  /**
   * @param settings - the server's settings.
   * @param found - called with the lab in which the person is.
   * @param nowhere - called if they are in no lab that the person at the page may enter.
   */
  constructor(
    private readonly settings: ServerConnection.ISettings,
    private readonly found: (name: string, lab: ILab) => void,
    private readonly nowhere: (name: string) => void
  ) {}

  /** Start to search for a person, unless this search is already running. */
  begin(name: string): void {
    if (this.name !== name) {
      this.end();
      this.name = name;
      this.wait(0);
    }
  }

  /** Stop searching. */
  end(): void {
    window.clearTimeout(this.timer);
    this.name = '';
  }

  private wait(turn: number): void {
    const { name } = this;
    const wait = (WAITS_SECONDS[turn] ?? 0) * 1000;
    this.timer = window.setTimeout(() => void this.look(name, turn), wait);
  }

  private async look(name: string, turn: number): Promise<void> {
    let labs: readonly ILab[] = [];
    try {
      labs = await labsOf(this.settings);
    } catch (error) {
      console.warn('The labs could not be listed', error); // the next search may succeed
    }
    if (this.name !== name) {
      return; // they came back meanwhile, or the person stopped following
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
