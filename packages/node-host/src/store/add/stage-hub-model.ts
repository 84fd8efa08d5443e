import { join } from 'node:path';
import { copyFile } from '../files/copy-file.js';
import { readHubCard } from './hub-card.js';
import { readHubConfig } from './hub-config.js';
import { hubManifest, type HubManifestInput } from './hub-manifest.js';
import { requireChatTemplate } from './hub-text.js';
import { chooseHubWeights } from './hub-weights.js';
import { LIMITS, type SourceFolder } from './source-folder.js';
import { readSourceJson, readSourceText } from './source-text.js';
import { copyLicence, modelPlace } from './stage-model.js';
import { makeFolder, writeNew, type Staged } from './staging.js';

/**
 * Copies a model in the layout of the Hugging Face hub (`config.json`, `tokenizer.json`, `onnx/model*.onnx`) and
 * writes the `model.json` it lacks.
 * @param root where the copy is laid out
 * @throws InvalidCatalogError, InvalidRequestError, ArtifactMissingError, StorageError
 */
export async function stageHubModel(source: SourceFolder, root: string, signal: AbortSignal): Promise<Staged> {
  const json = async (name: string): Promise<unknown> => {
    const file = await source.find(name, LIMITS.manifest);
    return file && (await readSourceJson(file));
  };
  const text = async (name: string): Promise<string | undefined> => {
    const file = await source.find(name, LIMITS.text);
    return file && (await readSourceText(file));
  };
  const tokenizer = await source.require('tokenizer.json', LIMITS.tokenizer);
  const tokenizerConfig = await source.find('tokenizer_config.json', LIMITS.manifest);
  const config = await json('tokenizer_config.json');
  const shape = readHubConfig(await json('config.json'), config, await json('generation_config.json'));
  if (shape.text) requireChatTemplate(config, await source.names(''));
  const card = await text('README.md');

  // The manifest holds the hashes, which are known once the weights are copied; the id that names the folder is not.
  const inside = (await source.names('onnx')).length > 0 ? 'onnx' : '';
  const chosen = chooseHubWeights(await source.names(inside));
  const draft: Omit<HubManifestInput, 'weights'> = {
    name: source.name,
    shape,
    card: card === undefined ? undefined : readHubCard(card),
    licenceText: await text('LICENSE'),
    publisher: source.publisher,
    source: source.origin?.(inside),
  };
  const place = modelPlace(hubManifest({ ...draft, weights: [] }).id);
  const folder = join(root, place);
  await makeFolder(folder);
  const weights: HubManifestInput['weights'][number][] = [];
  for (const { dtype, name } of chosen.files) {
    const file = await source.require(join(inside, name), LIMITS.weights);
    const { bytes, sha256 } = file;
    const digest = sha256 === undefined ? await copyFile(file, join(folder, name), { signal }) : { bytes, sha256 };
    weights.push({ dtype, name, digest });
  }
  await copyFile(tokenizer, join(folder, 'tokenizer.json'), { signal });
  if (tokenizerConfig) await copyFile(tokenizerConfig, join(folder, 'tokenizer_config.json'), { signal });
  await copyLicence(source, folder, signal);
  const manifest = hubManifest({ ...draft, weights });
  await writeNew(join(folder, 'model.json'), `${JSON.stringify(manifest, null, 1)}\n`);
  return {
    kind: 'model',
    id: manifest.id,
    place,
    notes: [
      `model.json was written from config.json: ${manifest.task}, ${manifest.language.join(', ')}, licence ${manifest.licence}. ` +
        `Correct it in ${place} where it is wrong, then run \`terrace models index\` on the folder of added models.`,
      ...chosen.skipped.map(
        (name) => `${name} was left out: its type is not known, or another file of the same type was taken`,
      ),
    ],
  };
}
