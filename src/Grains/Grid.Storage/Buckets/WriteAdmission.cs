using Grid.Abstractions;
using Grid.Storage.Log;

namespace Grid.Storage.Buckets;

/// <summary>
/// Decides by writer and sequence what happens to a write: into the group, answered as a repeat, parked, put off to the next group, or refused.
/// Used by the loop alone.
/// </summary>
internal sealed class WriteAdmission
{
    private const int ParkedAheadMax = WriterStates.FramesRemembered - 1;
    private readonly BucketLog _log;
    private readonly TimeProvider _time;
    private readonly ParkedWrites _parked = new();
    private readonly List<PendingWrite> _putOff = [];
    private readonly Dictionary<WriterId, int> _expected = [];

    public WriteAdmission(BucketLog log, TimeProvider time)
    {
        _log = log;
        _time = time;
    }

    /// <summary>Whether writes wait for a missing sequence.</summary>
    public int Parked => _parked.Count;

    /// <summary>Whether writes wait for the outcome of a group that is under way.</summary>
    public bool HasPutOff => _putOff.Count > 0;

    /// <summary>Fills a group that was started; writes that need no group are completed.</summary>
    public void Admit(List<PendingWrite> writes, WriteGroup group)
    {
        _expected.Clear();
        var putOff = _putOff.Count;
        for (var i = 0; i < putOff; i++)
            Admit(_putOff[i], group);
        _putOff.RemoveRange(0, putOff);
        foreach (var write in writes)
            Admit(write, group);

        var limit = _time.GetTimestamp() - (long)(ParkedWrites.WaitMsMax / 1000.0 * _time.TimestampFrequency);
        while (_parked.TakeParkedBefore(limit) is { } late)
            Refuse(late, WriterSequence.Gap(late.Writer, late.FirstSequence, ExpectedOf(late.Writer, group)));
    }

    /// <summary>Refuses everything that waits.</summary>
    public void RefuseWaiting(Refusal refusal)
    {
        foreach (var write in _putOff)
            Refuse(write, refusal);
        _putOff.Clear();
        while (_parked.TakeParkedBefore(long.MaxValue) is { } write)
            Refuse(write, refusal);
    }

    public static void Refuse(PendingWrite write, Refusal refusal)
    {
        write.Refusal = refusal;
        write.Complete();
    }

    private void Admit(PendingWrite write, WriteGroup group)
    {
        if (write.Writer.Value == 0)
        {
            group.Add(write);
            return;
        }

        var expected = ExpectedOf(write.Writer, group);
        var ahead = WriterSequence.Ahead(write.FirstSequence, expected);
        if (ahead > 0)
        {
            write.ParkedAt = _time.GetTimestamp();
            if (ahead > ParkedAheadMax || !_parked.TryAdd(write))
                Refuse(write, WriterSequence.Gap(write.Writer, write.FirstSequence, expected));
            return;
        }

        if (ahead < 0 && !AdmitRepeat(write, group, expected, -ahead))
            return;
        group.Add(write);
        expected = WriterSequence.Add(write.FirstSequence, write.Frames.Length);
        _expected[write.Writer] = expected;
        if (_parked.TakeNext(write.Writer, expected) is { } next)
            Admit(next, group);
    }

    /// <summary>A write whose first frames were sent before; true where it has new ones too and belongs in the group.</summary>
    private bool AdmitRepeat(PendingWrite write, WriteGroup group, int expected, int repeats)
    {
        var state = _log.Writers.Find(write.Writer, group.TimestampMs);
        var stored = state?.Expected ?? 0;
        var lastRepeat = WriterSequence.Add(write.FirstSequence, Math.Min(repeats, write.Frames.Length) - 1);
        if (WriterSequence.Ahead(lastRepeat, stored) >= 0)
        {
            // What it repeats is in this very group: its outcome is not known yet.
            PutOff(write);
            return false;
        }

        if (state is null || !state.TryFind(write.FirstSequence, out var first) || !state.TryFind(lastRepeat, out var last))
        {
            Refuse(write, new Refusal(GridErrorCode.SequenceOutOfOrder,
                $"Writer {write.Writer} repeats sequence {write.FirstSequence}, the bucket expects {expected} and remembers {WriterStates.FramesRemembered} frames; "
                + "the frame was stored, its offset is no longer known.", expected));
            return false;
        }

        if (last.EndOffset > _log.HighWatermark)
        {
            // What it repeats is in the log and not committed yet.
            PutOff(write);
            return false;
        }

        write.BaseOffset = first.BaseOffset;
        write.EndOffset = last.EndOffset;
        write.TimestampMs = last.TimestampMs;
        write.FirstNew = repeats;
        if (repeats < write.Frames.Length)
            return true;
        write.IsRepeat = true;
        write.Complete();
        return false;
    }

    private void PutOff(PendingWrite write)
    {
        if (_putOff.Count < ParkedWrites.CountMax)
            _putOff.Add(write);
        else
            Refuse(write, new Refusal(GridErrorCode.Busy, $"{ParkedWrites.CountMax} repeated writes wait for the outcome of the first; send again later."));
    }

    /// <summary>The sequence that a writer's next frame must have, frames of the group included.</summary>
    private int ExpectedOf(WriterId writer, WriteGroup group) =>
        _expected.TryGetValue(writer, out var expected) ? expected : _log.Writers.Find(writer, group.TimestampMs)?.Expected ?? 0;
}
