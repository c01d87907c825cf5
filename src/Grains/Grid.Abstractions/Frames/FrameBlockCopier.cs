using Orleans.Serialization;
using Orleans.Serialization.Cloning;

namespace Grid.Abstractions;

/// <summary>Calls within one process share the block: its references, not copies, keep caller and callee apart.</summary>
[RegisterCopier]
public sealed class FrameBlockCopier : IDeepCopier<FrameBlock>, IOptionalDeepCopier
{
    /// <inheritdoc/>
    public FrameBlock? DeepCopy(FrameBlock? input, CopyContext context) => input;

    /// <inheritdoc/>
    public bool IsShallowCopyable() => true;
}
