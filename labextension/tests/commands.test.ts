/** Which commands a page refuses: to a view-only person, and in a document that nobody may change. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { EditorExtensionRegistry } from '@jupyterlab/codemirror';
import type { IDocumentManager } from '@jupyterlab/docmanager';
import { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';
import table from '../src/commands.json';
import type { IDriving } from '../src/driving';
import { readOnly } from '../src/readonly';
import { keepFromWriting } from '../src/shut';

type Kind = 'changes' | 'writes' | 'reads';

const all = (kind: Kind): string[] =>
  Object.entries<string[]>(table[kind]).flatMap(([area, names]) =>
    names.map((name) => `${area}:${name}`)
  );

let app: JupyterFrontEnd;
let run: string[];
let explained: number;

const explain = () => {
  explained += 1;
};

beforeEach(() => {
  run = [];
  explained = 0;
  const commands = new CommandRegistry();
  app = { commands } as unknown as JupyterFrontEnd;
  for (const id of [...all('changes'), ...all('writes'), ...all('reads'), 'classroom:people']) {
    commands.addCommand(id, { execute: () => void run.push(id) });
  }
});

/** Execute every command, and list those that did nothing. */
async function refused(): Promise<string[]> {
  const ids = app.commands.listCommands();
  for (const id of ids) {
    await app.commands.execute(id);
  }
  return ids.filter((id) => !run.includes(id)).sort();
}

/** Keep people from writing, where the document in front of them is shut or not. */
function shut(current: boolean): void {
  keepFromWriting(app, new EditorExtensionRegistry(), { current, has: () => false, explain });
}

async function drive(viewOnly: boolean): Promise<void> {
  const driving = { viewOnly, outdated: [], explain } as unknown as IDriving;
  Object.assign(driving, { changed: new Signal(driving) });
  await readOnly.activate(app, driving, new EditorExtensionRegistry(), {} as IDocumentManager);
}

test('each command is in one list', () => {
  const listed = [...all('changes'), ...all('writes'), ...all('reads')];
  expect(listed.sort()).toEqual([...new Set(listed)].sort());
});

test('in a shut document, exactly the commands that change it are refused, with the reason', async () => {
  shut(true);
  expect(await refused()).toEqual(all('changes').sort());
  expect(explained).toBe(all('changes').length);
});

test.each([
  ['notebook:run-cell', true],
  ['notebook:paste-cell-below', true],
  ['notebook:duplicate-below', true],
  ['cell-toolbar:delete', true],
  ['editmenu:undo', true],
  ['runmenu:run-all', true],
  ['toc:run-cells', true],
  ['fileeditor:replace-selection', true],
  ['docmanager:save', true],
  ['notebook:interrupt-kernel', false],
  ['notebook:create-new', false],
  ['docmanager:duplicate', false],
  ['filebrowser:paste', false],
  ['console:run-forced', false],
  ['terminal:create-new', false]
])('a shut document refuses %s: %s', async (id, isRefused) => {
  shut(true);
  await app.commands.execute(id);
  expect(run).toEqual(isRefused ? [] : [id]);
});

test('in any other document, all commands are executed', async () => {
  shut(false);
  expect(await refused()).toEqual([]);
  expect(explained).toBe(0);
});

test('a view-only person is refused every command that writes, with the reason', async () => {
  await drive(true);
  const writing = [...all('changes'), ...all('writes')];
  expect(await refused()).toEqual(writing.sort());
  expect(explained).toBe(writing.length);
});

test('a person who may edit can execute all commands', async () => {
  await drive(false);
  expect(await refused()).toEqual([]);
});
