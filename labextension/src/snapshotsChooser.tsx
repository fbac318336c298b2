/** The dialog for restoring: choose a snapshot and a file or folder in it, with a preview. */

import type { Dialog } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import { HTMLSelect, type IOptionProps, ReactWidget } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import type * as React from 'react';
import type { IEntry, ISnapshot, SnapshotsApi } from './snapshotsApi';
import type { Texts } from './texts';

/** The person's choice. */
export interface IChoice {
  readonly snapshot: ISnapshot;
  /** The path below the lab's files; '' for all files. */
  readonly path: string;
}

/** Entries in the list that aren't files: the whole folder, and the parent folder. */
const WHOLE = '.';
const UP = '..';

/** How many rows each list shows. */
const ROWS = 12;

export class SnapshotsChooser extends ReactWidget implements Dialog.IBodyWidget<IChoice | null> {
  /**
   * @param api - the REST calls.
   * @param words - the texts to show.
   * @param path - the path to show first, below the lab's files.
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
  }

  getValue(): IChoice | null {
    const snapshot = this.known.find(({ id }) => id === this.snapshot);
    return snapshot === undefined ? null : { snapshot, path: this.path };
  }

  protected override render(): React.ReactElement {
    const { words } = this;
    return (
      <>
        {column('snapshots', words.snapshots, (props) => (
          <HTMLSelect
            {...props}
            size={ROWS}
            value={this.snapshot}
            options={this.known.map((one) => ({ value: one.id, label: this.called(one) }))}
            onChange={({ target }) => this.attempt(() => this.showFolder(target.value))}
          />
        ))}
        {column('files', words.files, (props) => (
          <HTMLSelect
            {...props}
            size={ROWS}
            value={this.file}
            options={this.files}
            onChange={({ target }) => this.attempt(() => this.showFile(target.value))}
            onDoubleClick={() => this.attempt(() => this.enter())}
            onKeyDown={this.walk}
          />
        ))}
        {column('preview', words.preview, (props) => (
          // biome-ignore lint/a11y/noNoninteractiveTabindex: people scroll it with the keyboard
          <pre {...props} tabIndex={0}>
            {this.preview}
          </pre>
        ))}
        <div className="classroom-Snapshots-status" role="status">
          {this.status}
        </div>
      </>
    );
  }

  protected override onAfterAttach(message: Message): void {
    super.onAfterAttach(message);
    this.attempt(async () => {
      this.known = await this.api.list();
      const [newest] = this.known;
      if (newest === undefined) {
        this.status = this.words.noSnapshots;
      } else {
        await this.showFolder(newest.id);
      }
    });
  }

  /** The chosen path. */
  private get path(): string {
    return this.file === WHOLE || this.file === UP || this.file === ''
      ? this.folder
      : PathExt.join(this.folder, this.file);
  }

  private called(snapshot: ISnapshot): string {
    const time = new Date(snapshot.time).toLocaleString();
    const why = this.words.why[snapshot.why];
    return why ? `${time}, ${why}` : time;
  }

  /** The list's entries: the parent folder, the whole folder, subfolders, then files. */
  private get files(): IOptionProps[] {
    if (this.entries === null) {
      return [];
    }
    const up = this.folder ? [{ value: UP, label: this.words.up }] : [];
    const whole = this.folder ? this.words.wholeFolder(this.folder) : this.words.all;
    const listed = this.entries.map(({ name, type }) => ({
      value: name,
      label: type === 'dir' ? `${name}/` : name
    }));
    return [...up, { value: WHOLE, label: whole }, ...listed];
  }

  /** List the folder's content in a snapshot. */
  private async showFolder(snapshot: string): Promise<void> {
    this.snapshot = snapshot;
    this.entries = null;
    this.file = '';
    this.preview = '';
    this.update();
    const { folder } = this;
    const found = await this.api.tree(snapshot, folder);
    if (this.snapshot !== snapshot || this.folder !== folder) {
      return; // another was chosen meanwhile
    }
    this.entries = found
      .filter((entry) => entry.path !== `/${folder}`)
      .sort((a, b) => order(a).localeCompare(order(b)));
    await this.showFile(
      this.entries.some(({ name }) => name === this.wanted) ? this.wanted : WHOLE
    );
  }

  /** Show the chosen entry. */
  private async showFile(file: string): Promise<void> {
    this.file = file;
    const entry = this.entry;
    this.wanted = entry?.name ?? '';
    this.preview = '';
    this.update();
    const chosen = this.getValue();
    if (chosen === null) {
      return;
    }
    if (entry === undefined || entry.type === 'dir') {
      this.preview = this.words.folderComesBack;
      return;
    }
    const text = await this.api.preview(chosen.snapshot.id, chosen.path);
    const now = this.getValue();
    if (now?.path === chosen.path && now.snapshot === chosen.snapshot) {
      this.preview = text;
    }
  }

  /** The chosen entry of the folder; undefined for the whole or parent folder. */
  private get entry(): IEntry | undefined {
    return this.entries?.find(({ name }) => name === this.file);
  }

  /** Walk through the folders with the arrow keys: Enter would accept the dialog. */
  private readonly walk = (event: React.KeyboardEvent) => {
    if (event.key === 'ArrowRight' || event.key === 'ArrowLeft') {
      event.preventDefault();
      this.attempt(() => (event.key === 'ArrowRight' ? this.enter() : this.leave()));
    }
  };

  /** Enter the chosen folder; the entry of the parent folder leaves this one. */
  private async enter(): Promise<void> {
    if (this.file === UP) {
      await this.leave();
    } else if (this.entry?.type === 'dir') {
      this.folder = PathExt.join(this.folder, this.file);
      this.wanted = '';
      await this.showFolder(this.snapshot);
    }
  }

  /** Go to the parent folder. */
  private async leave(): Promise<void> {
    if (this.folder) {
      this.wanted = PathExt.basename(this.folder);
      this.folder = PathExt.dirname(this.folder);
      await this.showFolder(this.snapshot);
    }
  }

  /** Do something, and show the error if it fails. */
  private attempt(what: () => Promise<void>): void {
    this.status = this.words.looking;
    this.update();
    what()
      .then(() => {
        if (this.status === this.words.looking) {
          this.status = '';
        }
      })
      .catch((error: Error) => {
        this.status = error.message;
      })
      .finally(() => this.update());
  }

  private known: ISnapshot[] = [];
  /** The folder's entries; null while they are loading. */
  private entries: IEntry[] | null = null;
  private folder: string;
  /** The name to select if a folder has it. */
  private wanted: string;
  /** The id of the chosen snapshot. */
  private snapshot = '';
  /** The value of the chosen entry. */
  private file = '';
  private preview = '';
  private status = '';
}

/** Sort folders before files. */
function order(entry: IEntry): string {
  return (entry.type === 'dir' ? '0' : '1') + entry.name;
}

/** Put a label above an element; `label` can't name a text element, so it gets `aria-label` too. */
function column(
  name: string,
  words: string,
  element: (props: { id: string; 'aria-label': string }) => React.ReactElement
): React.ReactElement {
  const id = `classroom-Snapshots-${name}`;
  return (
    <div className="classroom-Snapshots-column">
      <label htmlFor={id}>{words}</label>
      {element({ id, 'aria-label': words })}
    </div>
  );
}
