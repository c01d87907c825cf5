using Grid.Abstractions;

namespace Grid.Simulation.History;

/// <summary>A frame's place and identity: two frames that are equal here are the same bytes.</summary>
internal readonly record struct FrameId(long BaseOffset, long EndOffset, int Epoch, long Writer, int Sequence, ulong Hash)
{
    public static FrameId Of(in FrameHeader header) =>
        new(header.BaseOffset.Value, header.EndOffset.Value, header.Epoch.Value, header.Writer.Value, header.Sequence, header.MessageHash);

    public override string ToString() => $"[{BaseOffset},{EndOffset}) epoch {Epoch} writer {Writer}/{Sequence} {Hash:x16}";
}
