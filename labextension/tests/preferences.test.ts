/** What a person has set in JupyterLab's settings. */

import { readFileSync } from 'node:fs';
import type { JupyterFrontEnd } from '@jupyterlab/application';
import { type ISettingRegistry, SettingRegistry } from '@jupyterlab/settingregistry';
import type { IDataConnector } from '@jupyterlab/statedb';
import { type IPreferences, preferences } from '../src/preferences';
import { eventually } from './classroom';

const ID = '@classroom/labextension:plugin';

/** The settings of one person, as the server keeps them. */
function registry(raw: string): SettingRegistry {
  const schema = JSON.parse(readFileSync(`${__dirname}/../schema/plugin.json`, 'utf8'));
  const data = { composite: {}, user: {} };
  const plugin = { id: ID, data, raw, schema, version: 'test' };
  const connector = {
    fetch: async () => ({ ...plugin }),
    list: async () => ({ ids: [], values: [] }),
    save: async (_: string, changed: string) => {
      plugin.raw = changed;
    },
    remove: async () => undefined
  };
  return new SettingRegistry({
    connector: connector as unknown as IDataConnector<ISettingRegistry.IPlugin, string>
  });
}

async function activate(settings: SettingRegistry): Promise<IPreferences> {
  return (await preferences.activate({} as JupyterFrontEnd, settings)) as IPreferences;
}

test('without a choice it is as the schema says', async () => {
  const settings = registry('{}');
  const made = await activate(settings);
  const { composite } = await settings.load(ID);
  expect(made).toMatchObject(composite as object);
  expect(composite).toEqual({ followWhenAsked: true, showWhoRan: true });
});

test('a choice is taken over, and a change of it', async () => {
  const settings = registry('{ "showWhoRan": false }');
  const made = await activate(settings);
  let changes = 0;
  made.changed.connect(() => {
    changes += 1;
  });
  await eventually(() => expect(made.showWhoRan).toBe(false));
  expect(made.followWhenAsked).toBe(true);
  const before = changes;
  await settings.set(ID, 'followWhenAsked', false);
  await eventually(() => expect(made.followWhenAsked).toBe(false));
  expect(changes).toBeGreaterThan(before);
});

test('without a registry the defaults hold', async () => {
  const made = (await preferences.activate({} as JupyterFrontEnd, null)) as IPreferences;
  expect(made).toMatchObject({ followWhenAsked: true, showWhoRan: true });
});
