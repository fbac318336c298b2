/** The form for sharing a lab with a person: a name, a role, an end. */

import { HTMLSelect } from '@jupyterlab/ui-components';
import * as React from 'react';
import { areOfGitHub, type ITerms, type Role } from './sharesApi';
import type { Texts } from './texts';

export const HOUR_SECONDS = 3600;
export const DAY_SECONDS = 24 * HOUR_SECONDS;
/** The choice of an end at a date, which the person types beside it. */
const DATE = 'date';
export const NEVER = 'never';
/** The id of the choice of a role, for its label. */
const ROLE = 'classroom-ShareForm-role';

/**
 * Return for how many seconds from now a person may enter.
 *
 * @param choice - the choice of an end.
 * @param date - the value of the browser's date field: the end of that day, in local time.
 * @param now - the time in milliseconds since the epoch.
 * @returns the seconds; null for no end; NaN for an invalid date.
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

interface IEndProps {
  readonly words: Texts;
  /** The id of the choice, for its label. */
  readonly id: string;
  readonly label: string;
  readonly choice: string;
  readonly date: string;
  /** Whether the person may choose no end. */
  readonly never: boolean;
  readonly choose: (choice: string, date: string) => void;
}

/** The choice of an end: a time span from now, or a date. */
export function EndChoice(props: IEndProps): React.ReactElement {
  const { words, id, label, choice, date, never, choose } = props;
  return (
    <>
      <label htmlFor={id}>
        {label}
        <HTMLSelect
          id={id}
          value={choice}
          options={[
            ...(never ? [{ value: NEVER, label: words.noEnd }] : []),
            { value: String(HOUR_SECONDS), label: words.anHour },
            { value: String(DAY_SECONDS), label: words.aDay },
            { value: String(7 * DAY_SECONDS), label: words.aWeek },
            { value: DATE, label: words.toADate }
          ]}
          onChange={({ target }) => choose(target.value, date)}
        />
      </label>
      {choice === DATE && (
        <label>
          {words.lastDay}
          <input
            className="jp-mod-styled"
            type="date"
            value={date}
            onChange={({ target }) => choose(choice, target.value)}
          />
        </label>
      )}
    </>
  );
}

interface IRoleProps {
  readonly words: Texts;
  /** The id of the choice, for its label. */
  readonly id: string;
  readonly role: Role;
  readonly choose: (role: Role) => void;
}

/** The choice of a role: may edit, or view-only. */
export function RoleChoice({ words, id, role, choose }: IRoleProps): React.ReactElement {
  return (
    <label htmlFor={id}>
      {words.asWhat}
      <HTMLSelect
        id={id}
        value={role}
        options={[
          { value: 'edit', label: words.mayEdit },
          { value: 'view', label: words.mayLook }
        ]}
        onChange={({ target }) => choose(target.value as Role)}
      />
    </label>
  );
}

/** Say whether the person has chosen an end. */
export function isChosen(choice: string, date: string): boolean {
  return choice !== DATE || date !== '';
}

interface IProps {
  readonly words: Texts;
  /** @returns whether the lab was shared. */
  readonly share: (name: string, terms: ITerms) => Promise<boolean>;
}

export function ShareForm({ words, share }: IProps): React.ReactElement {
  const [name, setName] = React.useState('');
  const [role, setRole] = React.useState<Role>('edit');
  const [end, setEnd] = React.useState(NEVER);
  const [date, setDate] = React.useState('');
  const ready = name.trim() !== '' && isChosen(end, date);
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
        {areOfGitHub() ? words.withWhom : words.withWhomElse}
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
      <RoleChoice words={words} id={ROLE} role={role} choose={setRole} />
      <EndChoice
        words={words}
        id="classroom-ShareForm-end"
        label={words.untilWhen}
        choice={end}
        date={date}
        never
        choose={(choice, day) => {
          setEnd(choice);
          setDate(day);
        }}
      />
      <button type="submit" className="jp-mod-styled jp-mod-accept" disabled={!ready}>
        {words.shareNow}
      </button>
    </form>
  );
}
