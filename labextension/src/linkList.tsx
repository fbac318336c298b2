/** The links to this lab: the role that each gives, its end, who used it, and how to revoke it. */

import { Dialog, showDialog } from '@jupyterlab/apputils';
import type * as React from 'react';
import type { ILink } from './sharesApi';
import type { Texts } from './texts';

/**
 * Format a date and time for the person at the page.
 *
 * @param seconds - a time in seconds since the epoch.
 */
export function time(seconds: number): string {
  const style = { dateStyle: 'medium', timeStyle: 'short' } as const;
  return new Date(seconds * 1000).toLocaleString(undefined, style);
}

/** Show the description of a share or link, one line for each part. */
export function lines(parts: readonly string[]): React.ReactElement[] {
  return parts.map((part) => <div key={part}>{part}</div>);
}

interface IProps {
  readonly words: Texts;
  readonly links: readonly ILink[];
  readonly takeBack: (id: string, guests: boolean) => Promise<unknown>;
}

export function LinkList({ words, links, takeBack }: IProps): React.ReactElement | null {
  if (links.length === 0) {
    return null;
  }
  return (
    <section aria-label={words.links}>
      <h2>{words.links}</h2>
      <ul>
        {links.map((link) => (
          <Link key={link.id} words={words} link={link} takeBack={takeBack} />
        ))}
      </ul>
    </section>
  );
}

/** Describe a link: the role that it gives, its end, and who used it. */
export function described(words: Texts, link: ILink): string[] {
  const parts = [
    link.alive ? '' : words.deadLink,
    link.alive && link.until !== null ? words.until(time(link.until)) : '',
    link.most === null ? words.usedBy(link.used) : words.usedOf(link.used, link.most),
    link.guests_until === null ? '' : words.theyMayUntil(time(link.guests_until)),
    link.came.length > 0 ? words.cameBy(link.came.join(', ')) : ''
  ];
  return parts.filter(Boolean);
}

interface ILinkProps {
  readonly words: Texts;
  readonly link: ILink;
  readonly takeBack: IProps['takeBack'];
}

function Link({ words, link, takeBack }: ILinkProps): React.ReactElement {
  const take = async (guests: boolean): Promise<void> => {
    const answer = await showDialog({
      title: guests ? words.takeBackWithGuests : words.takeBackLink,
      body: guests ? words.takeBackGuestsMeans(link.came.join(', ')) : words.takeBackMeans,
      buttons: [Dialog.cancelButton(), Dialog.warnButton({ label: words.takeBack })]
    });
    if (answer.button.accept) {
      await takeBack(link.id, guests);
    }
  };
  return (
    <li className="classroom-Person classroom-Share-link">
      <div className="classroom-Person-name">
        {words.linkOf(time(link.since))}
        <span className="classroom-Person-standing">
          {link.role === 'edit' ? words.mayEdit : words.mayLook}
        </span>
      </div>
      <div className="classroom-Person-place">{lines(described(words, link))}</div>
      <div className="classroom-Person-buttons">
        {link.alive && (
          <button type="button" className="jp-mod-styled" onClick={() => void take(false)}>
            {words.takeBack}
          </button>
        )}
        {link.came.length > 0 && (
          <button type="button" className="jp-mod-styled" onClick={() => void take(true)}>
            {words.takeBackWithGuests}
          </button>
        )}
      </div>
    </li>
  );
}
