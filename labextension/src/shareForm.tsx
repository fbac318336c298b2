/** The form by which a lab is shared with somebody: a name, as what, until when. */

import { HTMLSelect } from '@jupyterlab/ui-components';
import * as React from 'react';
import type { ITerms, Role } from './sharesApi';
import type { Texts } from './texts';

const HOUR = 3600;
const DAY = 24 * HOUR;
/** Of the choice of an end: a date is typed beside it. */
const DATE = 'date';
const NEVER = 'never';
/** Ids of choices, for their labels. */
const ROLE = 'classroom-ShareForm-role';
const END = 'classroom-ShareForm-end';

/**
 * Say for how many seconds from now somebody is let in.
 *
 * @param choice - of an end.
 * @param date - as the browser's field for dates has it: to the end of that day, where the page is.
 * @param now - milliseconds since the epoch.
 * @returns null for no end; NaN for a date that there isn't.
 */
export function secondsOf(choice: string, date: string, now: number): number | null {
  if (choice === NEVER) {
    return null;
  }
  if (choice !== DATE) {
    return Number(choice);
  }
  const end = new Date(`${date}T00:00`);
  end.setDate(end.getDate() + 1);
  return Math.round((end.getTime() - now) / 1000);
}

interface IProps {
  readonly words: Texts;
  /** @returns whether it was done. */
  readonly share: (name: string, terms: ITerms) => Promise<boolean>;
}

export function ShareForm({ words, share }: IProps): React.ReactElement {
  const [name, setName] = React.useState('');
  const [role, setRole] = React.useState<Role>('edit');
  const [end, setEnd] = React.useState(NEVER);
  const [date, setDate] = React.useState('');
  const ready = name.trim() !== '' && (end !== DATE || date !== '');
  return (
    <form
      className="classroom-ShareForm"
      onSubmit={async (event) => {
        event.preventDefault();
        if (await share(name.trim(), { role, seconds: secondsOf(end, date, Date.now()) })) {
          setName('');
        }
      }}
    >
      <label>
        {words.withWhom}
        <input
          className="jp-mod-styled"
          type="text"
          value={name}
          maxLength={100}
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          onChange={({ target }) => setName(target.value)}
        />
      </label>
      <label htmlFor={ROLE}>
        {words.asWhat}
        <HTMLSelect
          id={ROLE}
          value={role}
          options={[
            { value: 'edit', label: words.mayEdit },
            { value: 'view', label: words.mayLook }
          ]}
          onChange={({ target }) => setRole(target.value as Role)}
        />
      </label>
      <label htmlFor={END}>
        {words.untilWhen}
        <HTMLSelect
          id={END}
          value={end}
          options={[
            { value: NEVER, label: words.noEnd },
            { value: String(HOUR), label: words.anHour },
            { value: String(DAY), label: words.aDay },
            { value: String(7 * DAY), label: words.aWeek },
            { value: DATE, label: words.toADate }
          ]}
          onChange={({ target }) => setEnd(target.value)}
        />
      </label>
      {end === DATE && (
        <label>
          {words.lastDay}
          <input
            className="jp-mod-styled"
            type="date"
            value={date}
            onChange={({ target }) => setDate(target.value)}
          />
        </label>
      )}
      <button type="submit" className="jp-mod-styled jp-mod-accept" disabled={!ready}>
        {words.shareNow}
      </button>
    </form>
  );
}
