/** A document that is in front is the current one, unless somebody is elsewhere. */

import type { ILabShell, JupyterFrontEnd } from '@jupyterlab/application';
import type { IDocumentWidgetOpener } from '@jupyterlab/docmanager';
import type { IDocumentWidget } from '@jupyterlab/docregistry';
import { Signal } from '@lumino/signaling';
import { current } from '../src/current';

interface IShown {
  currentWidget: { id: string } | null;
  isVisible: boolean;
}

/** Open a document; return which were made the current one. */
async function open({ currentWidget, isVisible }: IShown): Promise<string[]> {
  const activated: string[] = [];
  const app = { restored: Promise.resolve() } as unknown as JupyterFrontEnd;
  const activateById = (id: string) => activated.push(id);
  const shell = { currentWidget, activateById } as unknown as ILabShell;
  const opened = new Signal<IDocumentWidgetOpener, IDocumentWidget>({} as IDocumentWidgetOpener);
  current.activate(app, shell, { opened } as unknown as IDocumentWidgetOpener);
  opened.emit({ id: 'new', isVisible, revealed: Promise.resolve() } as unknown as IDocumentWidget);
  await new Promise((resolve) => setTimeout(resolve));
  return activated;
}

afterEach(() => {
  document.body.replaceChildren();
});

test('it is, when there is none', async () => {
  expect(await open({ currentWidget: null, isVisible: true })).toEqual(['new']);
});

test('another stays', async () => {
  expect(await open({ currentWidget: { id: 'other' }, isVisible: true })).toEqual([]);
});

test('one that is behind does not come to the front', async () => {
  expect(await open({ currentWidget: null, isVisible: false })).toEqual([]);
});

test('whoever is typing keeps the keyboard', async () => {
  const chat = document.createElement('input');
  document.body.append(chat);
  chat.focus();
  expect(await open({ currentWidget: null, isVisible: true })).toEqual([]);
});
