/** Make a link to this lab and show it, only once: the link isn't stored. */

import { Clipboard } from '@jupyterlab/apputils';
import { HTMLSelect } from '@jupyterlab/ui-components';
import * as React from 'react';
import { DAY_SECONDS, EndChoice, isChosen, NEVER, RoleChoice, secondsOf } from './shareForm';
import type { IMadeLink, IWantedLink, Role } from './sharesApi';
import type { Texts } from './texts';

/** The choice of a link without a limit of uses. */
const ANY = 'any';
/** The id of the choice of uses, for its label. */
const USES = 'classroom-LinkForm-uses';

interface IProps {
  readonly words: Texts;
  /** @returns the link; null if it couldn't be made, which the panel shows. */
  readonly make: (wanted: IWantedLink) => Promise<IMadeLink | null>;
}

export function LinkForm({ words, make }: IProps): React.ReactElement {
  const [open, setOpen] = React.useState(false);
  const [made, setMade] = React.useState<IMadeLink | null>(null);
  const [role, setRole] = React.useState<Role>('edit');
  const [life, setLife] = React.useState({ choice: String(DAY_SECONDS), date: '' });
  const [end, setEnd] = React.useState({ choice: NEVER, date: '' });
  const [uses, setUses] = React.useState('1');
  if (made !== null) {
    return <MadeLink words={words} made={made} close={() => setMade(null)} />;
  }
  if (!open) {
    return (
      <div className="classroom-ShareForm">
        <button type="button" className="jp-mod-styled" onClick={() => setOpen(true)}>
          {words.makeLink}
        </button>
      </div>
    );
  }
  return (
    <form
      className="classroom-ShareForm"
      aria-label={words.makeLink}
      onSubmit={async (event) => {
        event.preventDefault();
        const found = await make({
          role,
          seconds: secondsOf(life.choice, life.date, Date.now()) ?? 0,
          guest_seconds: secondsOf(end.choice, end.date, Date.now()),
          most: uses === ANY ? null : Number(uses)
        });
        if (found !== null) {
          setMade(found);
          setOpen(false);
        }
      }}
    >
      <RoleChoice words={words} id="classroom-LinkForm-role" role={role} choose={setRole} />
      <EndChoice
        words={words}
        id="classroom-LinkForm-life"
        label={words.linkLives}
        {...life}
        never={false}
        choose={(choice, date) => setLife({ choice, date })}
      />
      <label htmlFor={USES}>
        {words.linkUses}
        <HTMLSelect
          id={USES}
          value={uses}
          options={[
            { value: '1', label: words.once },
            { value: '10', label: words.byTen },
            { value: '30', label: words.byThirty },
            { value: ANY, label: words.byAnyNumber }
          ]}
          onChange={({ target }) => setUses(target.value)}
        />
      </label>
      <EndChoice
        words={words}
        id="classroom-LinkForm-end"
        label={words.guestsUntil}
        {...end}
        never
        choose={(choice, date) => setEnd({ choice, date })}
      />
      <button
        type="submit"
        className="jp-mod-styled jp-mod-accept"
        disabled={!isChosen(life.choice, life.date) || !isChosen(end.choice, end.date)}
      >
        {words.makeThisLink}
      </button>
      <button type="button" className="jp-mod-styled" onClick={() => setOpen(false)}>
        {words.makeNoLink}
      </button>
    </form>
  );
}

interface IMadeProps {
  readonly words: Texts;
  readonly made: IMadeLink;
  readonly close: () => void;
}

function MadeLink({ words, made, close }: IMadeProps): React.ReactElement {
  const [copied, setCopied] = React.useState(false);
  const field = React.useRef<HTMLInputElement>(null);
  return (
    <fieldset className="classroom-ShareForm classroom-Share-made" aria-label={words.newLink}>
      <label>
        {words.newLink}
        <input ref={field} className="jp-mod-styled" type="text" readOnly value={made.address} />
      </label>
      <button
        type="button"
        className="jp-mod-styled jp-mod-accept"
        onClick={async () => {
          field.current?.select(); // for Ctrl+C, if the browser doesn't allow copying
          try {
            await navigator.clipboard.writeText(made.address);
          } catch {
            Clipboard.copyToSystem(made.address);
          }
          setCopied(true);
        }}
      >
        {words.copyThisLink}
      </button>
      <div role="status">{copied ? words.copiedLink : ''}</div>
      <img
        className="classroom-Share-code"
        src={`data:image/svg+xml,${encodeURIComponent(made.picture)}`}
        alt={words.linkAsPicture}
      />
      <p className="classroom-Share-once">{words.shownOnce}</p>
      <button type="button" className="jp-mod-styled" onClick={close}>
        {words.closeLink}
      </button>
    </fieldset>
  );
}
