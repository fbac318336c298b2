/**
 * Nothing that is shown in the page is trusted: no mark, no setting and no click makes it so.
 *
 * JupyterLab runs the scripts of outputs that it trusts in the page itself, with all that the person
 * at the page may do, and goes by a mark that anybody who writes in the notebook can set. Here the
 * page never runs them; what needs a script is shown in a frame (`frames.ts`). It is changed where
 * all of JupyterLab and its extensions meet: in the classes themselves, before anything is made.
 */

import { CommandLinker } from '@jupyterlab/apputils';
import { CellModel } from '@jupyterlab/cells';
import { type MimeDocument, MimeDocumentFactory } from '@jupyterlab/docregistry';
import { OutputArea } from '@jupyterlab/outputarea';
import { RenderMimeRegistry } from '@jupyterlab/rendermime';
import type { IRenderMime } from '@jupyterlab/rendermime-interfaces';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import { FRAMED, frame } from './frames';
import { guard, WIDGET } from './widgets';

const HTML = 'text/html';
const SVG = 'image/svg+xml';
const VEGA = /^application\/vnd\.vega(lite)?\.v\d+\+json$/;
/** What an author may say of how a vega plot is put into the page. */
const VEGA_OPTIONS = ['renderer', 'theme'];
/** The others write the plot's source into a window of the page's own origin, as it stands. */
const VEGA_ACTIONS = { export: true, source: false, compiled: false, editor: false };

type Json = ReadonlyPartialJSONObject;

/** Take out of a vega plot what would be the page's to say: addresses, texts with HTML, loaders. */
function tamed(model: IRenderMime.IMimeModel, mimeType: string): PropertyDescriptorMap {
  const { usermeta: _, ...spec } = (model.data[mimeType] ?? {}) as Json;
  const given = (model.metadata[mimeType] ?? {}) as Json;
  const wanted = (given.embed_options ?? {}) as Json;
  const options = Object.fromEntries(
    VEGA_OPTIONS.filter((name) => typeof wanted[name] === 'string').map((name) => [
      name,
      wanted[name]
    ])
  );
  const actions = wanted.actions === false ? false : VEGA_ACTIONS;
  return {
    data: { value: { ...model.data, [mimeType]: spec } },
    metadata: {
      value: {
        ...model.metadata,
        [mimeType]: { ...given, embed_options: { ...options, actions } }
      }
    },
    // A picture of the plot, which the renderer would keep with it: nobody would get it from here.
    setData: { value: () => undefined }
  };
}

/**
 * Show a model to a renderer as untrusted.
 *
 * A picture (SVG) is the exception by name only: JupyterLab shows it as an `img`, in which nothing
 * runs and nothing is loaded, but only if it is trusted.
 */
function untrusted(model: IRenderMime.IMimeModel, mimeType: string): IRenderMime.IMimeModel {
  const changed = VEGA.test(mimeType) ? tamed(model, mimeType) : {};
  return Object.create(model, {
    // To the model itself: what is set in what stands for it would never be found there, and a
    // renderer that looks for what it has set would set it again without end.
    setData: { value: model.setData.bind(model) },
    ...changed,
    trusted: { value: mimeType === SVG }
  });
}

/** Have a renderer show whatever it gets as untrusted. */
function doubt(renderer: IRenderMime.IRenderer, mimeType: string): void {
  const render = renderer.renderModel;
  renderer.renderModel = (model, ...rest) =>
    render.call(renderer, untrusted(model, mimeType), ...(rest as []));
}

/** What makes the view of a file from the renderer of its type. */
interface IMimeFactory {
  createNewWidget(...args: unknown[]): MimeDocument;
}

/** Change JupyterLab's classes; to be called before any page is made. */
export function distrust(): void {
  const registry = RenderMimeRegistry.prototype;

  const prefer = registry.preferredMimeType;
  // What a renderer calls unsafe is so if it is trusted, which nothing is.
  registry.preferredMimeType = function (bundle) {
    return prefer.call(this, bundle, 'any');
  };

  const create = registry.createRenderer;
  registry.createRenderer = function (mimeType) {
    if (FRAMED.includes(mimeType)) {
      return frame(mimeType, this.sanitizer, null);
    }
    const made = create.call(this, mimeType);
    doubt(made, mimeType);
    if (mimeType === WIDGET) {
      guard(made, this.sanitizer);
    }
    return mimeType === HTML ? frame(mimeType, this.sanitizer, made) : made;
  };

  const add = registry.addFactory;
  registry.addFactory = function (factory, ...rest) {
    add.call(this, factory, ...rest);
    if (factory.mimeTypes.includes(WIDGET)) {
      // Each notebook's own has its manager: it is guarded before any message has come for it, not
      // when its first widget is shown.
      this.createRenderer(WIDGET).dispose();
    }
  };

  // Files that an extension's renderer shows: it is asked by itself, not through a registry.
  const documents = MimeDocumentFactory.prototype as unknown as IMimeFactory;
  const open = documents.createNewWidget;
  documents.createNewWidget = function (...args) {
    const made = open.apply(this, args);
    doubt(made.content.renderer, made.content.mimeType);
    return made;
  };

  Object.defineProperty(CellModel.prototype, 'trusted', {
    configurable: true,
    get: () => false,
    set: () => undefined
  });

  // Another kind of frame, that of the page's own origin.
  (OutputArea as { isIsolated: unknown }).isIsolated = () => false;

  // Elements that run one of the page's commands when they are clicked on.
  CommandLinker.prototype.handleEvent = () => undefined;
}
