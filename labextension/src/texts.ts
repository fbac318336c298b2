import { type ITranslator, nullTranslator } from '@jupyterlab/translation';

/** Every word that the extension shows, for translators: domain `classroom`. */
export function texts(translator: ITranslator | null) {
  const trans = (translator ?? nullTranslator).load('classroom');
  return {
    signedOut: trans.__('You are signed out'),
    signInToGoOn: trans.__('Sign in again to go on. What you typed is kept.'),
    signInAgain: trans.__('Sign in again')
  };
}
