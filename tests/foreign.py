"""Tiny pipelines of diffusers, untrained, saved the way their makers save real ones."""

import json

import torch


def shaken(net, amount=0.05, seed=1):
    """The network with noise on every parameter: nothing stays zero by its initialisation."""
    g = torch.Generator().manual_seed(seed)
    for parameter in net.parameters():
        parameter.data += amount * torch.randn(parameter.shape, generator=g)
    return net.eval()


def unet(channels=3, size=16, **more):
    from diffusers import UNet2DModel

    torch.manual_seed(0)
    settings = {
        "sample_size": size,
        "in_channels": channels,
        "out_channels": channels,
        "block_out_channels": (8, 16),
        "layers_per_block": 1,
        "norm_num_groups": 4,
        "down_block_types": ("DownBlock2D", "AttnDownBlock2D"),
        "up_block_types": ("AttnUpBlock2D", "UpBlock2D"),
        "attention_head_dim": 8,
    }
    return shaken(UNet2DModel(**{**settings, **more}))


def kl(size=32, channels=3, latent=4, **more):
    """An autoencoder that makes one latent of 2 × 2 pixels."""
    from diffusers import AutoencoderKL

    torch.manual_seed(1)
    settings = {
        "in_channels": channels,
        "out_channels": channels,
        "latent_channels": latent,
        "down_block_types": ("DownEncoderBlock2D",) * 2,
        "up_block_types": ("UpDecoderBlock2D",) * 2,
        "block_out_channels": (8, 8),
        "norm_num_groups": 4,
        "layers_per_block": 1,
        "sample_size": size,
    }
    return shaken(AutoencoderKL(**{**settings, **more}), 0.02)


def ddpm(path, scheduler="DDPMScheduler", net=None, **settings):
    import diffusers

    made = getattr(diffusers, scheduler)(**settings)
    pipeline = diffusers.DDPMPipeline(unet=net or unet(), scheduler=made)
    pipeline.save_pretrained(path)
    return pipeline


def ldm(path, scheduler="DDIMScheduler", **settings):
    import diffusers

    torch.manual_seed(2)
    vq = diffusers.VQModel(
        in_channels=3,
        out_channels=3,
        latent_channels=3,
        num_vq_embeddings=32,
        down_block_types=("DownEncoderBlock2D",) * 2,
        up_block_types=("UpDecoderBlock2D",) * 2,
        block_out_channels=(8, 8),
        norm_num_groups=4,
        layers_per_block=1,
    )
    made = getattr(diffusers, scheduler)(**settings)
    pipeline = diffusers.LDMPipeline(vqvae=shaken(vq, 0.02), unet=unet(3, 8), scheduler=made)
    pipeline.save_pretrained(path)
    return pipeline


def dit(path, scheduler="DDIMScheduler", **settings):
    import diffusers

    torch.manual_seed(3)
    net = diffusers.DiTTransformer2DModel(
        num_attention_heads=2,
        attention_head_dim=8,
        in_channels=4,
        out_channels=8,
        num_layers=2,
        sample_size=8,
        patch_size=2,
        num_embeds_ada_norm=1000,
    )
    labels = {i: f"thing {i}, an object" for i in range(1000)}
    made = getattr(diffusers, scheduler)(**settings)
    pipeline = diffusers.DiTPipeline(shaken(net), kl(16), made)
    pipeline.save_pretrained(path)
    index = path / "model_index.json"  # its makers put the names there by hand
    index.write_text(json.dumps({**json.loads(index.read_text()), "id2label": labels}))
    return pipeline


WORDS = ("a", "cat", "dog", "red", "blue", "house")


def tokenizer():
    """Letters, and a few words that are put together of them."""
    from transformers import CLIPTokenizer

    letters = sorted({letter for word in WORDS for letter in word} | set("xyz"))
    vocab = {"<|startoftext|>": 0, "<|endoftext|>": 1}
    for token in [*letters, *(f"{letter}</w>" for letter in letters)]:
        vocab[token] = len(vocab)
    merges = []
    for word in WORDS:
        parts = [*word[:-1], f"{word[-1]}</w>"]
        while len(parts) > 1:
            pair, parts = (parts[0], parts[1]), [parts[0] + parts[1], *parts[2:]]
            if pair not in merges:
                merges.append(pair)
                vocab.setdefault(parts[0], len(vocab))
    return CLIPTokenizer(vocab=vocab, merges=merges, model_max_length=16)


def text_encoder(width=16, seed=4, projected=False):
    import transformers

    torch.manual_seed(seed)
    config = transformers.CLIPTextConfig(
        vocab_size=64,
        hidden_size=width,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        max_position_embeddings=16,
        bos_token_id=0,
        eos_token_id=1,
        pad_token_id=1,
        projection_dim=width,
    )
    kind = transformers.CLIPTextModelWithProjection if projected else transformers.CLIPTextModel
    return shaken(kind(config), 0.1)


def conditioned(channels=4, size=16, width=16, **more):
    from diffusers import UNet2DConditionModel

    torch.manual_seed(5)
    net = UNet2DConditionModel(
        sample_size=size,
        in_channels=channels,
        out_channels=4,
        layers_per_block=1,
        block_out_channels=(8, 16),
        norm_num_groups=4,
        cross_attention_dim=width,
        down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
        up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
        attention_head_dim=2,
        **more,
    )
    return shaken(net)


SD_NOISE = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "steps_offset": 1,
    "clip_sample": False,
}


def stable_diffusion(
    path, *, inpaint=False, channels=4, scheduler="DDIMScheduler", size=16, tiny=False, **settings
):
    """Version 1 and 2: one text encoder; with 9 channels an in-painting network."""
    import diffusers

    kind = "StableDiffusionInpaintPipeline" if inpaint else "StableDiffusionPipeline"
    noise = {
        k: v for k, v in SD_NOISE.items() if scheduler != "PNDMScheduler" or k != "clip_sample"
    }
    if scheduler.startswith("EDM"):
        noise = {}
    if not scheduler.startswith(("DDIM", "EDM", "PNDM")):
        noise.pop("clip_sample")
    pipeline = getattr(diffusers, kind)(
        vae=tiny_autoencoder() if tiny else kl(2 * size),
        text_encoder=text_encoder(),
        tokenizer=tokenizer(),
        unet=conditioned(channels, size),
        scheduler=getattr(diffusers, scheduler)(**{**noise, **settings}),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    )
    pipeline.save_pretrained(path)
    return pipeline


def stable_diffusion_1_5(path):
    """The sizes of the real one for 512² pixels, but for its text encoder; weights at random."""
    from diffusers import (
        AutoencoderKL,
        DDIMScheduler,
        StableDiffusionPipeline,
        UNet2DConditionModel,
    )

    torch.manual_seed(9)
    net = UNet2DConditionModel(
        sample_size=64,
        block_out_channels=(320, 640, 1280, 1280),
        cross_attention_dim=768,
        attention_head_dim=8,
        layers_per_block=2,
    )
    codec = AutoencoderKL(
        block_out_channels=(128, 256, 512, 512),
        down_block_types=["DownEncoderBlock2D"] * 4,
        up_block_types=["UpDecoderBlock2D"] * 4,
        layers_per_block=2,
        latent_channels=4,
        sample_size=512,
    )
    StableDiffusionPipeline(
        vae=codec,
        text_encoder=text_encoder(768),
        tokenizer=tokenizer(),
        unet=net,
        scheduler=DDIMScheduler(**SD_NOISE),
        safety_checker=None,
        feature_extractor=None,
        requires_safety_checker=False,
    ).save_pretrained(path)


def stable_diffusion_xl(
    path, *, inpaint=False, channels=4, scheduler="EulerDiscreteScheduler", size=16, **settings
):
    import diffusers

    kind = "StableDiffusionXLInpaintPipeline" if inpaint else "StableDiffusionXLPipeline"
    noise = (
        {}
        if scheduler.startswith("EDM")
        else {k: v for k, v in SD_NOISE.items() if k != "clip_sample"}
    )
    net = conditioned(
        channels,
        size,
        32,
        addition_embed_type="text_time",
        addition_time_embed_dim=4,
        projection_class_embeddings_input_dim=6 * 4 + 16,
    )
    pipeline = getattr(diffusers, kind)(
        vae=kl(2 * size),
        text_encoder=text_encoder(),
        text_encoder_2=text_encoder(16, 6, True),
        tokenizer=tokenizer(),
        tokenizer_2=tokenizer(),
        unet=net,
        scheduler=getattr(diffusers, scheduler)(**{**noise, **settings}),
        add_watermarker=False,
    )
    pipeline.save_pretrained(path)
    return pipeline


def tiny_autoencoder():
    from diffusers import AutoencoderTiny

    torch.manual_seed(7)
    net = AutoencoderTiny(
        encoder_block_out_channels=(8, 8),
        decoder_block_out_channels=(8, 8),
        num_encoder_blocks=(1, 1),
        num_decoder_blocks=(1, 1),
    )
    return shaken(net, 0.02)


def imagegpt(path, *, colours=8, side=4):
    """A transformer over colours of pixels; its preprocessor is written as transformers does."""
    import transformers

    torch.manual_seed(8)
    config = transformers.ImageGPTConfig(
        vocab_size=colours + 1, n_positions=side * side, n_embd=16, n_layer=2, n_head=2
    )
    net = shaken(transformers.ImageGPTForCausalImageModeling(config), 0.2)
    net.save_pretrained(path)
    palette = 2 * torch.rand(colours, 3, generator=torch.Generator().manual_seed(9)) - 1
    table = {
        "image_processor_type": "ImageGPTImageProcessor",
        "clusters": palette.tolist(),
        "size": {"height": side, "width": side},
    }
    (path / "preprocessor_config.json").write_text(json.dumps(table))
    return net, palette
