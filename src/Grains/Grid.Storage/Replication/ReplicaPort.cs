using Grid.Abstractions;
using Grid.Storage.Buckets;
using Grid.Storage.Objects;

namespace Grid.Storage.Replication;

/// <summary>What the cluster says to a bucket's copy on this node. Thread safe; refusals are <see cref="GridException"/>s.</summary>
public sealed class ReplicaPort
{
    private readonly BucketParts _parts;
    private readonly ReplicaShell _shell;

    internal ReplicaPort(BucketParts parts)
    {
        _parts = parts;
        _shell = parts.Shell!;
    }

    /// <summary>What it does at the moment.</summary>
    public ReplicaRole Role => _parts.Replica.Role;

    /// <summary>Whether it leads and a move is under way, as it knew last.</summary>
    public bool IsMoving => _parts.Replica.Term is { Record.Target.IsDefaultOrEmpty: false };

    /// <summary>The record may have been changed by somebody who does not lead: the leader looks.</summary>
    public void LookAtRecord() => _shell.Post(static replica => replica.LookAtRecord());

    /// <summary>Somebody saw the record with that tag: a leader that knows another one looks.</summary>
    public void OnRecordSeen(ObjectTag tag) => _shell.Post(replica =>
    {
        if (replica.Term is { } term && term.Tag != tag)
            replica.LookAtRecord();
    });

    /// <summary>Whether this node leads and some replica is not in sync: one more loss may stop writes. As of a moment ago.</summary>
    public bool IsUnderReplicated => _parts.Replica.Term?.Record is { } record && record.InSync.Length < record.Replicas.Length;

    /// <summary>Called, on any thread, when this node stopped leading the bucket, or did not get the lead.</summary>
    public void OnDeposed(Action deposed) => _shell.Deposed = deposed;

    /// <summary>Takes the lead; ends when the bucket serves. Joins those who wait for it already.</summary>
    /// <param name="record">The bucket's record as just read or created.</param>
    /// <param name="cancellationToken">Ends the wait, not the take-over.</param>
    /// <exception cref="GridException"><see cref="GridErrorCode.NotLeader"/>: another node leads or is to; <see cref="GridErrorCode.StorageFailed"/>.</exception>
    public Task LeadAsync(VersionedRecord record, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(record);
        return _shell.LeadAsync(record, cancellationToken);
    }

    /// <summary>A leader's first word.</summary>
    public Task<ReplicaAnswer> AlignAsync(AlignRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.History.IsDefault || request.History.Length > AlignRequest.HistoryMax)
            throw new GridException(GridErrorCode.InvalidArgument, $"The align request has no history, or more than {AlignRequest.HistoryMax} epochs.");
        return _shell.AskAsync((replica, reply) => replica.Align(request, reply), cancellationToken);
    }

    /// <summary>A leader's frames. The block is retained until the answer.</summary>
    public async Task<ReplicaAnswer> PushAsync(PushRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (request.Frames is { } frames && !frames.TryRetain())
            throw new GridException(GridErrorCode.InvalidArgument, "The caller disposed the push's frames before the call ended.");

        // The reference goes with the input: a caller that gives up does not pull the bytes away from under the loop.
        return await _shell.AskAsync((replica, reply) =>
        {
            try
            {
                replica.Push(request, reply);
            }
            finally
            {
                request.Frames?.Dispose();
            }
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Another node came, maybe without what it had, or went: if this one leads, it asks what that one's copy has.</summary>
    public void OnNodeChanged(NodeName node) => _shell.Post(replica => replica.OnNodeChanged(node));

    /// <summary>Stops leading once another replica took over; ends when it does, or when nobody did in time.</summary>
    public async Task HandOverAsync(CancellationToken cancellationToken)
    {
        if (Role == ReplicaRole.Following)
            return;
        await _shell.HandOverAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sizes, offsets and replicas of the bucket.</summary>
    public Task<BucketStatus> DescribeAsync(BucketStatus status, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(status);
        return _shell.QueryAsync(replica => status with
        {
            Epoch = replica.Epoch,
            Node = _shell.Self,
            Leader = replica.Leader,
            Replicas = replica.Term is { } term ? [.. term.Record.Replicas.Select(node => Describe(node, term))] : [],
        }, cancellationToken);
    }

    private ReplicaStatus Describe(NodeName node, LeaderTerm term)
    {
        var follower = term.Followers.FirstOrDefault(follower => follower.Node == node);
        return new ReplicaStatus
        {
            Node = node,
            IsInSync = term.Record.InSync.Contains(node),
            EndOffset = follower?.Acknowledged ?? _parts.Log.EndOffset,
            IsAnswering = follower is null || (follower.IsAligned && follower.Failures == 0),
        };
    }
}
