/** Choosing what to bring back: a snapshot, a file or folder in it, and a look at it. */

import type { Dialog } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import { Widget } from '@lumino/widgets';
import type { IEntry, ISnapshot, SnapshotsApi } from './snapshotsApi';
import type { Texts } from './texts';

/** What was chosen. */
export interface IChoice {
  readonly snapshot: ISnapshot;
  /** From the lab's files on; '' for all of them. */
  readonly path: string;
}

/** Entries in the list of files that are none. */
const WHOLE = '.';
const UP = '..';

export class SnapshotsChooser extends Widget implements Dialog.IBodyWidget<IChoice | null> {
  /**
   * @param api - to ask.
   * @param words - to show.
   * @param path - that is looked at first, from the lab's files on.
   */
  constructor(
    private readonly api: SnapshotsApi,
    private readonly words: Texts,
    path: string
  ) {
    super();
    this.addClass('classroom-Snapshots');
    this.folder = PathExt.dirname(path);
    this.wanted = PathExt.basename(path);
    this.snapshots = labelled(this.node, 'select', words.snapshots);
    this.files = labelled(this.node, 'select', words.files);
    this.preview = labelled(this.node, 'pre', words.preview);
    this.snapshots.size = this.files.size = 12; // lists, not menus
    this.preview.tabIndex = 0;
    this.status = this.node.appendChild(document.createElement('div'));
    this.status.className = 'classroom-Snapshots-status';
    this.status.setAttribute('role', 'status');
    this.snapshots.onchange = () => this.attempt(() => this.showFolder());
    this.files.onchange = () => this.attempt(() => this.showFile());
    this.files.ondblclick = () => this.attempt(() => this.enter());
    this.files.onkeydown = (event) => {
      // Not Enter: to the dialog it means that this is what is wanted.
      if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
        event.preventDefault();
        this.attempt(() => (event.key === 'ArrowRight' ? this.enter() : this.leave()));
      }
    };
  }

  getValue(): IChoice | null {
    const snapshot = this.known[this.snapshots.selectedIndex];
    return snapshot === undefined ? null : { snapshot, path: this.path };
  }

  protected override onAfterAttach(): void {
    this.attempt(async () => {
      this.known = await this.api.list();
      this.snapshots.replaceChildren(...this.known.map((one) => option(one.id, this.called(one))));
      this.snapshots.selectedIndex = 0;
      this.snapshots.focus();
      if (this.known.length === 0) {
        this.status.textContent = this.words.noSnapshots;
      } else {
        await this.showFolder();
      }
    });
  }

  /** The path that is chosen. */
  private get path(): string {
    const name = this.files.value;
    return name === WHOLE || name === UP || name === ''
      ? this.folder
      : PathExt.join(this.folder, name);
  }

  private called(snapshot: ISnapshot): string {
    const time = new Date(snapshot.time).toLocaleString();
    const why = this.words.why[snapshot.why];
    return why ? `${time}, ${why}` : time;
  }

  /** List the folder as the chosen snapshot has it. */
  private async showFolder(): Promise<void> {
    const chosen = this.getValue();
    if (chosen === null) {
      return;
    }
    this.files.replaceChildren();
    this.preview.textContent = '';
    const found = await this.api.tree(chosen.snapshot.id, this.folder);
    if (this.getValue()?.snapshot !== chosen.snapshot) {
      return; // another was chosen meanwhile
    }
    this.entries = found.filter((entry) => entry.path !== `/${this.folder}`);
    this.entries.sort((a, b) => order(a).localeCompare(order(b)));
    const up = this.folder ? [option(UP, this.words.up)] : [];
    const whole = option(WHOLE, this.folder ? this.words.wholeFolder(this.folder) : this.words.all);
    const listed = this.entries.map((one) =>
      option(one.name, one.type === 'dir' ? `${one.name}/` : one.name)
    );
    this.files.replaceChildren(...up, whole, ...listed);
    this.files.value = this.entries.some((one) => one.name === this.wanted) ? this.wanted : WHOLE;
    await this.showFile();
  }

  /** Show what is chosen. */
  private async showFile(): Promise<void> {
    const chosen = this.getValue();
    const entry = this.entries.find((one) => one.name === this.files.value);
    this.wanted = entry?.name ?? '';
    this.preview.textContent = '';
    if (chosen === null) {
      return;
    }
    if (entry === undefined || entry.type === 'dir') {
      this.preview.textContent = this.words.folderComesBack;
      return;
    }
    const text = await this.api.preview(chosen.snapshot.id, chosen.path);
    const now = this.getValue();
    if (now?.path === chosen.path && now.snapshot === chosen.snapshot) {
      this.preview.textContent = text;
    }
  }

  /** Go into the chosen folder; the entry for that leads out of this one. */
  private async enter(): Promise<void> {
    if (this.files.value === UP) {
      await this.leave();
      return;
    }
    const entry = this.entries.find((one) => one.name === this.files.value);
    if (entry?.type === 'dir') {
      this.folder = PathExt.join(this.folder, entry.name);
      this.wanted = '';
      await this.showFolder();
    }
  }

  /** Go out of this folder. */
  private async leave(): Promise<void> {
    if (this.folder) {
      this.wanted = PathExt.basename(this.folder);
      this.folder = PathExt.dirname(this.folder);
      await this.showFolder();
    }
  }

  /** Do something, and say so when it can't be done. */
  private attempt(what: () => Promise<void>): void {
    this.status.textContent = this.words.looking;
    what()
      .then(() => {
        if (this.status.textContent === this.words.looking) {
          this.status.textContent = '';
        }
      })
      .catch((error: Error) => {
        this.status.textContent = error.message;
      });
  }

  private known: ISnapshot[] = [];
  private entries: IEntry[] = [];
  private folder: string;
  private wanted: string;
  private readonly snapshots: HTMLSelectElement;
  private readonly files: HTMLSelectElement;
  private readonly preview: HTMLPreElement;
  private readonly status: HTMLElement;
}

/** Sort folders before files. */
function order(entry: IEntry): string {
  return (entry.type === 'dir' ? '0' : '1') + entry.name;
}

function option(value: string, label: string): HTMLOptionElement {
  return new Option(label, value);
}

/** Add an element with a label above it. */
function labelled<K extends 'select' | 'pre'>(
  node: HTMLElement,
  tag: K,
  words: string
): HTMLElementTagNameMap[K] {
  const column = node.appendChild(document.createElement('div'));
  column.className = 'classroom-Snapshots-column';
  const label = column.appendChild(document.createElement('label'));
  const made = column.appendChild(document.createElement(tag));
  made.id = `classroom-Snapshots-${node.childElementCount}`;
  made.setAttribute('aria-label', words); // a label is none for what shows text
  label.textContent = words;
  label.htmlFor = made.id;
  return made;
}
