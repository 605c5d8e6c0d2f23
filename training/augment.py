"""Changes crops at random after they were cut, so that a sample is never seen twice. A teacher sees the same changed crop as the branch that
learns from it: whatever is done here, its answer is the right one."""
import torch
import torch.nn.functional as F


def augmented(crops, generator):
    """crops: N×side×side×3 uint8 BGR. Gives N×3×side×side float32, 0–255."""
    x = crops.permute(0, 3, 1, 2).contiguous().float()
    n = len(x)

    def chance(p):
        return torch.rand(n, 1, 1, 1, generator=generator) < p

    def uniform(low, high, *shape):
        return low + (high - low) * torch.rand(n, *(shape or (1, 1, 1)), generator=generator)

    x = torch.where(chance(0.5), x.flip(3), x)
    x = torch.where(chance(0.25), warped(x, generator), x)
    x = torch.where(chance(0.25), _mixed(x, generator), x)
    x = _tone(x, chance, uniform, generator)
    x = torch.where(chance(0.4), x + uniform(-0.8, 0.9) * (_blurred(x) - x), x)  # both ways: blurred and sharpened
    noise = torch.randn(x.shape, generator=generator) * torch.exp(uniform(-1, 2.7))
    x = torch.where(chance(0.4), x + noise, x)
    x = torch.where(chance(0.35), crops.permute(0, 3, 1, 2), x)  # some as the camera took them
    return x.clamp(0, 255).round().contiguous(memory_format=torch.channels_last)


def _blurred(x):
    """Each place the mean of three by three; in a third of the time of avg_pool2d."""
    x = F.pad(x, (1, 1, 1, 1), mode="replicate")
    x = x[..., :-2] + x[..., 1:-1] + x[..., 2:]
    return (x[..., :-2, :] + x[..., 1:-1, :] + x[..., 2:, :]) / 9


def _tone(x, chance, uniform, generator):
    gamma = torch.exp(uniform(-0.4, 0.4))
    x = torch.where(chance(0.4), 255 * (x.clamp(0, 255) / 255) ** gamma, x)
    gain, lift = uniform(0.6, 1.4), uniform(-25, 25)
    x = torch.where(chance(0.5), (x - 110) * gain + 110 + lift, x)
    balance = 1 + 0.12 * torch.randn(len(x), 3, 1, 1, generator=generator)
    x = torch.where(chance(0.3), x * balance, x)
    grey = x.mean(1, keepdim=True)
    return torch.where(chance(0.2), grey + (x - grey) * uniform(0, 1.6), x)


def warped(x, generator, shift=0.06, turn=0.1, scale=0.12):
    """Moved, turned and scaled a little: standard deviations in half sides, radians and of the logarithm. It blurs, which makes teachers
    doubt a live face, so that few samples are warped; where a face lies in its crop is varied when it is cut."""
    n = len(x)
    angle = turn * torch.randn(n, generator=generator)
    scales = torch.exp(scale * torch.randn(n, 2, generator=generator))
    shifts = shift * torch.randn(n, 2, generator=generator)
    cos, sin = torch.cos(angle), torch.sin(angle)
    rows = torch.stack([cos * scales[:, 0], -sin * scales[:, 1], shifts[:, 0], sin * scales[:, 0], cos * scales[:, 1], shifts[:, 1]], 1)
    grid = F.affine_grid(rows.view(n, 2, 3), x.shape, align_corners=False)
    return F.grid_sample(x, grid, mode="bilinear", padding_mode="reflection", align_corners=False)


def _mixed(x, generator):
    """Half of them blended with another sample, half with a rectangle of another in them."""
    n, _, height, width = x.shape
    other = x[torch.randperm(n, generator=generator)]
    share = torch.rand(n, 1, 1, 1, generator=generator)
    size = 0.2 + 0.6 * torch.rand(n, 2, generator=generator)
    start = (1 - size) * torch.rand(n, 2, generator=generator)
    rows, columns = torch.arange(height) / height, torch.arange(width) / width
    down = (rows >= start[:, :1]) & (rows < start[:, :1] + size[:, :1])
    across = (columns >= start[:, 1:]) & (columns < start[:, 1:] + size[:, 1:])
    inside = (down[:, :, None] & across[:, None, :])[:, None]
    pasted = torch.where(inside, other, x)
    return torch.where(torch.rand(n, 1, 1, 1, generator=generator) < 0.5, share * x + (1 - share) * other, pasted)
