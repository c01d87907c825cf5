using Grid.Abstractions;

namespace Grid.Storage.Replication;

/// <summary>
/// Leaders that speak to a replica which remembers nothing. Such a replica may have promised anything: its disk was lost, or it was a replica before and has deleted what it had. So it asks
/// the record first, and follows nobody whose epoch lies below the record's, nor anybody if it is not named there. Else a deposed leader that runs on could commit with it.
/// </summary>
/// <param name="context">Who it is and whom it speaks to.</param>
/// <param name="align">Follows a leader that the record allows.</param>
internal sealed class Strangers(ReplicaContext context, Func<AlignRequest, ReplicaAnswer> align)
{
    private const int WaitingMax = 16;
    private readonly List<(AlignRequest Request, Action<ReplicaAnswer> Reply)> _waiting = [];
    private long _call;

    /// <summary>Answers once the record is read; at once where too many wait.</summary>
    public void Ask(AlignRequest request, Action<ReplicaAnswer> reply)
    {
        if (_waiting.Count >= WaitingMax)
        {
            reply(NotYet("it asks the record whom to follow, and too many wait for that"));
            return;
        }

        _waiting.Add((request, reply));
        if (_waiting.Count == 1)
            context.Outbox.ReadRecord(_call = context.NextCall());
    }

    /// <summary>Whether that read was for those who wait.</summary>
    public bool Asked(long call) => call == _call;

    /// <summary>Answers all who wait.</summary>
    /// <param name="record">The record as read; null: it is gone, could not be read, or nobody is followed any more.</param>
    public void Meet(BucketRecord? record)
    {
        _call = 0;
        foreach (var (request, reply) in _waiting)
        {
            if (record is null)
                reply(NotYet("it remembers nothing, and the record that says whom to follow could not be read"));
            else if (request.Epoch < record.Epoch)
                reply(new ReplicaAnswer { Outcome = ReplicaOutcome.StaleEpoch, Epoch = record.Epoch });
            else if (!record.Replicas.Contains(context.Self))
                reply(NotYet("the record does not name it as a replica"));
            else
                reply(align(request));
        }

        _waiting.Clear();
    }

    private ReplicaAnswer NotYet(string why) => new() { Outcome = ReplicaOutcome.Failed, Epoch = default, Reason = $"{context.Self} follows nobody yet: {why}" };
}
