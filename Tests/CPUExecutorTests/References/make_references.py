"""Makes the reference values of CPUExecutorTests with PyTorch; run once, results are committed.

    pip install torch transformers sentence-transformers safetensors
    python make_references.py MINILM_FOLDER SENTENCES_FILE

minilm.safetensors: embeddings of the sentences by sentence-transformers (normalised).
gpt2.safetensors: GPT-2 small with the seeded weights of `SyntheticWeights` (seed 0), fp32: logits of the last of 512 prompt tokens and of a further
decode step through the KV cache, every 64th of the vocabulary, and the greedy tokens.
"""
import sys

import numpy as np
import torch
from safetensors.numpy import save_file
from sentence_transformers import SentenceTransformer
from transformers import GPT2Config, GPT2LMHeadModel

MASK = (1 << 64) - 1


def synthetic(name, shape):
    count = int(np.prod(shape))
    if name.endswith(".bias"):
        return np.zeros(shape, np.float32)
    if "norm" in name.lower() or "ln_" in name:
        return np.ones(shape, np.float32)
    start = 0xCBF29CE484222325
    for byte in name.encode():
        start = ((start ^ byte) * 0x100000001B3) & MASK
    z = np.uint64(start) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    unit = (z >> np.uint64(40)).astype(np.float32) * np.float32(2.0**-24)
    return ((np.float32(2) * unit - np.float32(1)) * np.float32(0.034641016)).reshape(shape)


def minilm(folder, sentences):
    lines = [line.strip() for line in open(sentences) if line.strip() and not line.startswith("#")]
    embeddings = SentenceTransformer(folder).encode(lines, normalize_embeddings=True)
    save_file({"embeddings": embeddings.astype(np.float32)}, "minilm.safetensors")


def gpt2():
    model = GPT2LMHeadModel(GPT2Config()).eval()
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name != "lm_head.weight":
                tensor.copy_(torch.from_numpy(synthetic(name, tuple(tensor.shape))))
        prompt = [(7919 * i + 13) % 50257 for i in range(512)]
        out = model(torch.tensor([prompt]), use_cache=True)
        last = out.logits[0, -1]
        token = int(last.argmax())
        step = model(torch.tensor([[token]]), past_key_values=out.past_key_values, use_cache=True).logits[0, -1]
        generated = model.generate(torch.tensor([prompt]), max_new_tokens=8, do_sample=False)[0, 512:]
    save_file(
        {
            "prefill": last[::64].numpy().copy(),
            "step": step[::64].numpy().copy(),
            "greedy": generated.numpy().astype(np.int64),
        },
        "gpt2.safetensors",
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    np.seterr(over="ignore")
    minilm(sys.argv[1], sys.argv[2])
    gpt2()
