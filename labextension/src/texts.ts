import { type ITranslator, nullTranslator } from '@jupyterlab/translation';

/** Every word that the extension shows, for translators: domain `classroom`. */
export function texts(translator: ITranslator | null) {
  const trans = (translator ?? nullTranslator).load('classroom');
  return {
    signedOut: trans.__('You are signed out'),
    signInToGoOn: trans.__('Sign in again to go on. What you typed is kept.'),
    signInAgain: trans.__('Sign in again'),
    viewOnly: trans.__('View-only: a tutor drives'),
    viewOnlyWhile: (driver: string) => trans.__('View-only: %1 drives', driver),
    youMayWrite: trans.__('You may write again.'),
    viewOnlyForAll: trans.__('View-only for all students'),
    studentsWatch: trans.__('Students: view-only'),
    studentsWrite: trans.__('Students: may write'),
    haveStudentsWatch: trans.__('Have all students only look on'),
    letStudentsWrite: trans.__('Let all students write again'),
    notSwitched: trans.__('The students could not be switched.')
  };
}
