using Grid.Abstractions;
using Grid.Storage.Nodes;
using Microsoft.Extensions.Logging;

namespace Grid.Grains.Nodes;

internal sealed partial class NodeRegistrar
{
    [LoggerMessage(2201, LogLevel.Warning, "Node {Node} was last seen at {Silo} with data directory {OldDirectory} and did not come back; this process with data directory {NewDirectory} is the node now.")]
    private partial void LogTakenOver(NodeName node, string silo, NodeId oldDirectory, NodeId newDirectory);

    [LoggerMessage(2202, LogLevel.Critical, "Another process runs as node {Node}; this one stops. Give one of the two another name and a data directory of its own.")]
    private partial void LogLost(NodeName node);

    [LoggerMessage(2203, LogLevel.Warning, "The registration of node {Node} cannot be renewed, the object store does not answer; the node goes on and tries again.")]
    private partial void LogAway(Exception failure, NodeName node);

    [LoggerMessage(2204, LogLevel.Information, "The registration of node {Node} is renewed again.")]
    private partial void LogBack(NodeName node);

    [LoggerMessage(2205, LogLevel.Warning, "The registration of node {Node} could not be removed; it lapses by itself.")]
    private partial void LogNotReleased(Exception failure, NodeName node);
}
